/** Longer texts are read to here only: what a ticket is about stands at its beginning, and the cost of a hostile one stays bounded. */
export const READ_LENGTH_MAX = 10_000;
export const SUBJECT_READ_LENGTH_MAX = 500;

/** The one text of a ticket that everything here reads; also what the classifier is trained on. */
export function ticketText(ticket: { subject: string; body: string }): string {
  return `${ticket.subject.slice(0, SUBJECT_READ_LENGTH_MAX)}\n${ticket.body.slice(0, READ_LENGTH_MAX)}`;
}

/** At most `lengthMax` UTF-16 units, as PostgreSQL and UTF-8 can keep them: no NUL, no half of a surrogate pair. */
export const keptText = (text: string, lengthMax: number): string => text.slice(0, lengthMax).toWellFormed().replaceAll('\0', ' ');

const ASCII_OF: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', '’': "'", '‘': "'", '`': "'" };

/**
 * One spelling for what people write in several: lower case, compatibility forms joined, `ü` as `ue`, any apostrophe as `'`.
 * At most READ_LENGTH_MAX characters; never throws, lone surrogates included.
 */
export function foldText(text: string): string {
  return (
    text
      .slice(0, READ_LENGTH_MAX)
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[äöüß’‘`]/g, (character) => ASCII_OF[character]!)
      // One compatibility character can unfold into eighteen.
      .slice(0, READ_LENGTH_MAX)
  );
}

/** Runs of letters (with inner apostrophes) or of digits, in order. `folded` comes from foldText. */
export function wordsOf(folded: string): string[] {
  return folded.match(/[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)*|\p{N}+/gu) ?? [];
}

/** Words and sentence marks, in order; `can't` is `cant`, as half of the people write it. An empty line ends a sentence too: `¶`. */
export function tokensOf(folded: string): string[] {
  const found = folded.replaceAll("'", '').match(/[\p{L}\p{M}]+|\p{N}+|[.!?;:,]|\n/gu) ?? [];
  return found.map((token) => (token === '\n' ? '¶' : token));
}

export const isSentenceEnd = (token: string): boolean => /^[.!?;:¶]$/.test(token);
