// Everything a stranger sends ends up in PostgreSQL text, in Kafka and on an agent's screen. PostgreSQL refuses NUL,
// UTF-8 has no lone surrogates, and control characters or text-direction overrides disguise names.

/** Control characters but tab and line feed. */
// oxlint-disable-next-line no-control-regex -- removing them is the purpose
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/g;
/** Overrides of the text's direction: `invoice\u202Efdp.exe` looks like `invoiceexe.pdf`. */
const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/g;

/** Several lines of text that can be stored: no NUL or other controls, no lone surrogates, `\n` line ends, at most `lengthMax` UTF-16 units. */
export function cleanText(text: string, lengthMax: number): string {
  return cutTo(text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(CONTROLS, ''), lengthMax).toWellFormed();
}

/** One line of text that can be stored and shown: as cleanText, white space folded and trimmed, no direction overrides. */
export function cleanLine(text: string, lengthMax: number): string {
  // Cut twice: folding the white space of a megabyte is work nobody asked for.
  const line = cleanText(text, lengthMax * 4)
    .replace(DIRECTION_OVERRIDES, '')
    .replace(/\s+/g, ' ')
    .trim();
  return cutTo(line, lengthMax).trimEnd();
}

/** The first `lengthMax` UTF-16 units, never half of a surrogate pair. */
export function cutTo(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const splitsPair = /[\ud800-\udbff]/.test(text.charAt(lengthMax - 1)) && /[\udc00-\udfff]/.test(text.charAt(lengthMax));
  return text.slice(0, splitsPair ? lengthMax - 1 : lengthMax);
}
