/** What somebody typed, understood. `words` is a PostgreSQL text query. */
export type Search =
  | { readonly by: 'number'; readonly number: number }
  | { readonly by: 'address'; readonly prefix: string }
  | { readonly by: 'words'; readonly words: string }
  | { readonly by: 'nothing' };

const QUERY_LENGTH_MAX = 200;
const WORDS_MAX = 8;
const NUMBER_MAX = 2_147_483_647;

/** A number (`1042`, `#1042`, `SB-1042`), the beginning of an address (anything with an @), or words that must all occur, the last one begun. */
export function searchFor(query: string): Search {
  const text = query.slice(0, QUERY_LENGTH_MAX).trim();
  const number = /^(?:#|sb-)?(\d{1,10})$/i.exec(text)?.[1];
  if (number !== undefined && Number(number) <= NUMBER_MAX) return { by: 'number', number: Number(number) };
  if (/^\S*@\S*$/.test(text)) return { by: 'address', prefix: `${text.toLowerCase().replace(/[\\%_]/g, String.raw`\$&`)}%` };
  // Only letters and digits are left, so nothing in them can be an operator of the text query.
  const words = text.match(/[\p{L}\p{N}]+/gu)?.slice(0, WORDS_MAX) ?? [];
  return words.length === 0 ? { by: 'nothing' } : { by: 'words', words: words.map((word) => `${word}:*`).join(' & ') };
}
