import { simpleParser } from 'mailparser';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';

/**
 * In the place of the world outside, in development: takes what Signalbox sends by mail, Meta, Telegram and webhook, checks token, shape
 * and signature as documented, keeps the last messages and shows them at /dev/sent. A process of its own; it knows no service.
 */
const Environment = z.object({
  PORT: z.coerce.number().int(),
  SMTP_PORT: z.coerce.number().int(),
  META_ACCESS_TOKEN: z.string().min(1),
  TELEGRAM_BOT_TOKEN: z.string().min(1),
  SLA_WEBHOOK_SECRET: z.string().min(1),
});
const environment = Environment.parse(process.env);
const KEPT_MAX = 1_000;
const BODY_BYTES_MAX = 1_000_000;

interface Sent {
  readonly channel: 'email' | 'meta' | 'telegram' | 'webhook';
  readonly to: string;
  readonly text: string;
  readonly subject?: string | undefined;
  readonly messageId?: string | undefined;
  readonly at: string;
}
const sent: Sent[] = [];
const keep = (message: Omit<Sent, 'at'>): void => {
  sent.push({ ...message, at: new Date().toISOString() });
  if (sent.length > KEPT_MAX) sent.shift();
};

const mail = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  size: 30_000_000,
  onData(stream, session, done) {
    simpleParser(stream).then((parsed) => {
      const to = session.envelope.rcptTo.map(({ address }) => address).join(', ');
      keep({ channel: 'email', to, subject: parsed.subject, text: parsed.text ?? '', messageId: parsed.messageId });
      done();
    }, done);
  },
});

const same = (given: string, expected: string): boolean =>
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest());

/** https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages and the Messenger Send API. */
const WhatsApp = z.object({
  messaging_product: z.literal('whatsapp'),
  to: z.string().min(1),
  type: z.literal('text'),
  text: z.object({ body: z.string().min(1).max(4096) }),
});
const Messenger = z.object({
  recipient: z.object({ id: z.string().min(1) }),
  messaging_type: z.string(),
  message: z.object({ text: z.string().min(1).max(2000) }),
});
/** https://core.telegram.org/bots/api#sendmessage */
const Telegram = z.object({ chat_id: z.union([z.string(), z.number()]), text: z.string().min(1).max(4096) });

const refuse = (status: number, code: number, message: string) => ({
  status,
  answer: { error: { message, type: 'OAuthException', code, fbtrace_id: 'development' } },
});

function meta(path: string, authorization: string, body: unknown): { status: number; answer: unknown } {
  if (!same(authorization, `Bearer ${environment.META_ACCESS_TOKEN}`)) return refuse(401, 190, 'Invalid OAuth access token.');
  const whatsApp = WhatsApp.safeParse(body);
  if (whatsApp.success) {
    const id = `wamid.${Buffer.from(`${Date.now()}${Math.random()}`).toString('base64url')}`;
    keep({ channel: 'meta', to: whatsApp.data.to, text: whatsApp.data.text.body, messageId: id });
    return {
      status: 200,
      answer: { messaging_product: 'whatsapp', contacts: [{ input: whatsApp.data.to, wa_id: whatsApp.data.to }], messages: [{ id }] },
    };
  }
  const messenger = Messenger.safeParse(body);
  if (!messenger.success) return refuse(400, 100, `(#100) Invalid parameter at ${path}: ${whatsApp.error.issues[0]?.path.join('.')}`);
  const id = `m_${Date.now()}`;
  keep({ channel: 'meta', to: messenger.data.recipient.id, text: messenger.data.message.text, messageId: id });
  return { status: 200, answer: { recipient_id: messenger.data.recipient.id, message_id: id } };
}

let telegramMessages = 0;
function telegram(token: string, body: unknown): { status: number; answer: unknown } {
  if (!same(token, environment.TELEGRAM_BOT_TOKEN))
    return { status: 401, answer: { ok: false, error_code: 401, description: 'Unauthorized' } };
  const message = Telegram.safeParse(body);
  if (!message.success)
    return { status: 400, answer: { ok: false, error_code: 400, description: `Bad Request: ${message.error.issues[0]?.message}` } };
  telegramMessages += 1;
  keep({ channel: 'telegram', to: String(message.data.chat_id), text: message.data.text, messageId: String(telegramMessages) });
  return {
    status: 200,
    answer: {
      ok: true,
      result: {
        message_id: telegramMessages,
        date: Math.floor(Date.now() / 1000),
        chat: { id: message.data.chat_id, type: 'private' },
        text: message.data.text,
      },
    },
  };
}

/** As docs/sla.md tells a receiver to do it. */
function webhook(name: string, request: IncomingMessage, text: string): { status: number; answer: unknown } {
  const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(request.headers['signalbox-signature'])) ?? [];
  const expected = createHmac('sha256', environment.SLA_WEBHOOK_SECRET).update(`${t}.${text}`).digest('hex');
  if (!same(v1, expected)) return { status: 401, answer: { title: 'Unauthorized', status: 401, detail: 'the signature is wrong' } };
  keep({ channel: 'webhook', to: name, text, messageId: String(request.headers['signalbox-notification-id']) });
  return { status: 200, answer: {} };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
const bodyOf = async (request: IncomingMessage): Promise<unknown> => JSON.parse(await textOf(request));

async function answer(request: IncomingMessage): Promise<{ status: number; answer: unknown }> {
  const path = new URL(request.url ?? '/', 'http://receiver').pathname;
  if (request.method === 'GET' && path === '/dev/sent') return { status: 200, answer: { sent } };
  const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
  if (request.method === 'POST' && method === 'sendMessage') return telegram(token ?? '', await bodyOf(request));
  if (request.method === 'POST' && /^\/v\d+\.\d+\/[\w-]+\/messages$/.test(path))
    return meta(path, request.headers.authorization ?? '', await bodyOf(request));
  const [, hook] = /^\/dev\/webhooks\/([A-Za-z0-9._-]{1,60})$/.exec(path) ?? [];
  if (request.method === 'POST' && hook !== undefined) return webhook(hook, request, await textOf(request));
  return { status: 404, answer: { title: 'Not Found', status: 404, detail: `${request.method} ${path} is nothing the vendors document` } };
}

const http = createServer((request, response: ServerResponse) => {
  answer(request)
    .catch((error: Error) => ({ status: 400, answer: { title: 'Bad Request', status: 400, detail: error.message } }))
    .then(({ status, answer: body }) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body, null, 1));
    })
    .catch(() => response.destroy());
});

mail.on('error', (error) => process.stderr.write(`${error.message}\n`));
mail.listen(environment.SMTP_PORT, '127.0.0.1');
http.listen(environment.PORT, '127.0.0.1');
const stop = (): never => process.exit(0);
process.once('SIGTERM', stop);
process.stdin.on('end', stop).resume();
