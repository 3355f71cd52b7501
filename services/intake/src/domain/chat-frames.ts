import { LanguageTag, TEXT_LENGTH_MAX } from '@signalbox/contracts';
import { z } from 'zod';
import { readJson, rejected, shown, whatIsWrong, type Parsed } from './json.js';
import { cleanLine, cleanText } from './text.js';

/** A chat message is short; the socket closes on larger frames before anything is parsed. */
export const FRAME_BYTES_MAX = 64 * 1024;

/** What a chat widget may say. `clientMessageId` makes sending again harmless: the same id is one message. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    /** Given by the last `welcome`: the same conversation goes on. */
    resumeToken: z.string().min(1).max(200).optional(),
    name: z
      .string()
      .max(200)
      .transform((name) => cleanLine(name, 200))
      .optional(),
    email: z.email().max(254).optional(),
    language: LanguageTag.optional(),
    /** The last message the widget has: what came after it is sent again. */
    lastMessageId: z.string().min(1).max(80).optional(),
  }),
  z.object({
    type: z.literal('message'),
    clientMessageId: z.string().regex(/^[\x21-\x7e]{1,80}$/, '1 to 80 printable ASCII characters without spaces'),
    text: z
      .string()
      .max(TEXT_LENGTH_MAX)
      .transform((text) => cleanText(text, TEXT_LENGTH_MAX))
      .refine((text) => text.trim() !== '', 'must not be empty'),
  }),
]);
export type ClientFrame = z.output<typeof ClientFrame>;

/** What the chat answers. */
export const ServerFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), resumeToken: z.string().max(200), ticketId: z.string().optional() }),
  /** The message is durable; only now may the widget forget it. */
  z.object({ type: z.literal('accepted'), clientMessageId: z.string(), messageId: z.string(), ticketId: z.string() }),
  z.object({
    type: z.literal('message'),
    messageId: z.string(),
    from: z.enum(['customer', 'agent', 'answer']),
    text: z.string(),
    at: z.iso.datetime(),
  }),
  /** `clientMessageId` is that of the refused message, where it could be read. */
  z.object({ type: z.literal('error'), reason: z.string(), clientMessageId: z.string().optional() }),
]);
export type ServerFrame = z.output<typeof ServerFrame>;

/** A frame from a widget, or what is wrong with it. */
export function parseClientFrame(frame: Uint8Array): Parsed<ClientFrame> {
  if (frame.length > FRAME_BYTES_MAX) return rejected(`the frame has ${frame.length} bytes; at most ${FRAME_BYTES_MAX} are allowed`);
  const json = readJson(frame, 'the frame');
  if (!json.ok) return json;
  const parsed = ClientFrame.safeParse(json.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const type = (json.value as { type?: unknown } | null)?.type;
  if (type !== 'hello' && type !== 'message') return rejected(`the frame's type is ${shown(type)}; allowed: 'hello', 'message'`);
  return rejected(`${type}: ${whatIsWrong(parsed.error)}`);
}
