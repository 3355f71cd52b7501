import { cleanText, cutTo } from '../text.js';

/** One HTTP request to a provider: `path` is appended to the configured base URL, `body` is sent as JSON. */
export interface SendRequest {
  method: 'POST';
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

export interface SocialReply {
  /** As in SocialMessage: `whatsapp:<phone number id>`, `messenger:<page id>`, `instagram:<id>`, `telegram:<account>`. */
  channelAccount: string;
  /** The replyAddress of the conversation. */
  to: string;
  text: string;
}

/** Characters per message, from the vendors' references: text.body 4096, message.text 2000 and 1000, sendMessage 4096. */
const LENGTH_MAX = { whatsapp: 4_096, messenger: 2_000, instagram: 1_000, telegram: 4_096 } as const;

/**
 * WhatsApp Cloud API `POST /{phone_number_id}/messages`; Messenger and Instagram Send API `POST /me/messages`. A long text is
 * several requests, to be sent in order. The token goes into the header, which proxies do not log.
 */
export function buildMetaSend({ channelAccount, to, text }: SocialReply, accessToken: string): SendRequest[] {
  const [platform, accountId] = splitAccount(channelAccount, ['whatsapp', 'messenger', 'instagram']);
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  return pieces(text, LENGTH_MAX[platform]).map((piece) =>
    platform === 'whatsapp'
      ? {
          method: 'POST',
          path: `/${encodeURIComponent(accountId)}/messages`,
          headers,
          body: {
            messaging_product: 'whatsapp',
            recipient_type: 'individual',
            to,
            type: 'text',
            text: { preview_url: false, body: piece },
          },
        }
      : {
          method: 'POST',
          path: '/me/messages',
          headers,
          body: { recipient: { id: to }, messaging_type: 'RESPONSE', message: { text: piece } },
        },
  );
}

/** Telegram Bot API `POST /bot<token>/sendMessage`, as plain text: without parse_mode nothing in it can be markup. */
export function buildTelegramSend({ channelAccount, to, text }: SocialReply, botToken: string): SendRequest[] {
  splitAccount(channelAccount, ['telegram']);
  // A chat id is a number, a public channel's name is text.
  const chatId = /^-?\d{1,15}$/.test(to) ? Number(to) : to;
  return pieces(text, LENGTH_MAX.telegram).map((piece) => ({
    method: 'POST',
    path: `/bot${botToken}/sendMessage`,
    headers: { 'content-type': 'application/json' },
    body: { chat_id: chatId, text: piece, link_preview_options: { is_disabled: true } },
  }));
}

function splitAccount<P extends keyof typeof LENGTH_MAX>(channelAccount: string, allowed: readonly P[]): [P, string] {
  const colon = channelAccount.indexOf(':');
  const platform = allowed.find((name) => name === channelAccount.slice(0, colon));
  if (!platform || colon === channelAccount.length - 1) {
    throw new Error(
      `channel account '${channelAccount}' cannot be sent to here; allowed: ${allowed.map((name) => `${name}:<id>`).join(', ')}`,
    );
  }
  return [platform, channelAccount.slice(colon + 1)];
}

/** Pieces of at most `lengthMax`, cut at the end of a paragraph, line or word where one is in the second half. */
function pieces(text: string, lengthMax: number): string[] {
  const found: string[] = [];
  let rest = cleanText(text, 100_000).trim();
  while (rest.length > lengthMax) {
    const head = cutTo(rest, lengthMax);
    const breaks = ['\n\n', '\n', ' '].map((mark) => head.lastIndexOf(mark));
    const end = breaks.find((at) => at > lengthMax / 2) ?? head.length;
    found.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === '' ? found : [...found, rest];
}

/** What a provider answered: the message's id, or why not and whether trying again can help. */
export type SendOutcome =
  { kind: 'sent'; providerMessageId: string } | { kind: 'failed'; reason: string; retryable: boolean; retryAfterMs?: number };

/** Meta's codes for "too many" and "temporarily unavailable" (Graph API error handling, Cloud API error codes). */
const META_RETRYABLE = new Set([1, 2, 4, 17, 32, 613, 80007, 130429, 131000, 131016, 131048, 131056]);

/** The answer of `/messages`: `messages[0].id` (WhatsApp) or `message_id` (Messenger, Instagram). */
export function readMetaAnswer(status: number, body: unknown): SendOutcome {
  const answer = recordOf(body);
  const first = Array.isArray(answer['messages']) ? recordOf(answer['messages'][0]) : {};
  const id = first['id'] ?? answer['message_id'];
  if (status < 300 && typeof id === 'string') return { kind: 'sent', providerMessageId: id };
  const { code, message } = recordOf(answer['error']);
  return { kind: 'failed', reason: reasonOf(status, code, message), retryable: isRetryable(status) || META_RETRYABLE.has(code as number) };
}

/** The answer of `sendMessage`: `result.message_id`, or `description` with `parameters.retry_after` in seconds. */
export function readTelegramAnswer(status: number, body: unknown): SendOutcome {
  const answer = recordOf(body);
  const id = recordOf(answer['result'])['message_id'];
  if (answer['ok'] === true && typeof id === 'number') return { kind: 'sent', providerMessageId: String(id) };
  const seconds = recordOf(answer['parameters'])['retry_after'];
  return {
    kind: 'failed',
    reason: reasonOf(status, answer['error_code'], answer['description']),
    retryable: isRetryable(status),
    ...(typeof seconds === 'number' && { retryAfterMs: seconds * 1_000 }),
  };
}

const isRetryable = (status: number): boolean => status === 408 || status === 429 || status >= 500;
const reasonOf = (status: number, code: unknown, message: unknown): string =>
  cutTo(
    `HTTP ${status}${typeof code === 'number' ? `, code ${code}` : ''}: ${typeof message === 'string' ? message : 'no reason given'}`,
    500,
  );
const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
