import type { z } from 'zod';

/** What came of reading a stranger's input. A reason names the part, its value and what is allowed; it is safe to send back. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string };

export const rejected = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes to a JSON value. `what` names the input in the reason, e.g. `record value`. */
export function readJson(bytes: Uint8Array, what: string): Parsed<unknown> {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return rejected(`${what} is not valid UTF-8 (${bytes.length} bytes); expected JSON in UTF-8`);
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return rejected(`${what} is not valid JSON: ${shown(text)} (${(error as Error).message})`);
  }
}

/** The first problems of a value that does not fit its schema: where, and what is expected. */
export const whatIsWrong = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
    .join('; ');

/** The part of a JSON value that a path (of a zod issue) points to. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

/** A value as it appears in a reason: JSON, at most 60 characters. */
export function shown(value: unknown): string {
  // stringify gives undefined for undefined and functions, whatever its type says.
  const text = (JSON.stringify(value) as string | undefined) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57).toWellFormed()}…` : text;
}
