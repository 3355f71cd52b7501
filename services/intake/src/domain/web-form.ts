import { LanguageTag, SUBJECT_LENGTH_MAX, TEXT_LENGTH_MAX } from '@signalbox/contracts';
import { z } from 'zod';
import { rejected, shown, valueAt, type Parsed } from './json.js';
import { cleanLine, cleanText } from './text.js';

const FIELDS_MAX = 50;
const IDEMPOTENCY_KEY_LENGTH_MAX = 200;

// Cleaned first, measured afterwards: a control character more or less is no reason to send a customer away. What is far
// beyond the bound is not cleaned at all, so the length check still sees that it was too long.
const line = (lengthMax: number) =>
  z
    .string()
    .transform((text) => cleanLine(text, lengthMax + 1))
    .pipe(z.string().max(lengthMax));
const lines = (lengthMax: number) =>
  z
    .string()
    .transform((text) => cleanText(text, lengthMax + 1))
    .pipe(z.string().max(lengthMax));
const filled = (schema: z.ZodType<string>) => schema.refine((text) => text.trim() !== '', 'must not be empty');
const fieldValue = z.union([z.string(), z.number(), z.boolean()]).transform(String).pipe(lines(500));

/** `POST /intake/v1/tickets`. Unknown members are ignored: forms carry more than we ask for. */
const TicketForm = z.object({
  customer: z.object({
    email: z.string().trim().max(254).pipe(z.email("must be an address such as 'ann@example.com'")),
    name: line(200).optional(),
  }),
  subject: filled(line(SUBJECT_LENGTH_MAX)),
  body: filled(lines(TEXT_LENGTH_MAX)),
  externalId: line(200).optional(),
  language: z
    .string()
    .trim()
    .transform((tag) => tag.replace(/^[A-Za-z]+/, (primary) => primary.toLowerCase()))
    .pipe(LanguageTag)
    .optional(),
  fields: z
    .record(z.string().min(1).max(60), fieldValue)
    .refine((fields) => Object.keys(fields).length <= FIELDS_MAX, `must not have more than ${FIELDS_MAX} members`)
    .transform((fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [cleanLine(name, 60), value])))
    .optional(),
});
export type TicketForm = z.output<typeof TicketForm>;

/** One wrong member, for the `errors` of an RFC 9457 problem. */
export interface FormProblem {
  member: string;
  detail: string;
}

/** A ticket form, bounded and storable, or all that is wrong with it. */
export function parseTicketForm(value: unknown): { ok: true; value: TicketForm } | { ok: false; reason: string; problems: FormProblem[] } {
  const parsed = TicketForm.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.slice(0, 20).map((issue) => ({
    member: cleanLine(issue.path.join('.'), 200) || '(whole body)',
    detail: cleanLine(`${issue.message}; given: ${shown(valueAt(value, issue.path))}`, 300),
  }));
  return { ok: false, reason: problems.map(({ member, detail }) => `${member}: ${detail}`).join(' · '), problems };
}

/** The `Idempotency-Key` header: absent is allowed; quotes (a structured field string) are taken off. */
export function parseIdempotencyKey(header: string | undefined): Parsed<string | undefined> {
  if (header === undefined) return { ok: true, value: undefined };
  const key = header.trim().replace(/^"(.*)"$/, '$1');
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= IDEMPOTENCY_KEY_LENGTH_MAX) return { ok: true, value: key };
  return rejected(
    `Idempotency-Key is ${shown(header)}; allowed: 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters without spaces`,
  );
}
