import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export const META_ACCESS_TOKEN = 'meta-access-token';
export const TELEGRAM_BOT_TOKEN = '123456:telegram-bot-token';

export interface Sent {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** In the place of Meta, Telegram and the mail relay: checks token and shape as they document them, keeps what arrived. */
export class Vendors {
  readonly meta: Sent[] = [];
  readonly telegram: Sent[] = [];
  readonly mails: ParsedMail[] = [];
  /** Refusals to give before anything is accepted again, the first one first. */
  readonly refusals: { status: number; body: object }[] = [];
  readonly mailRefusals: { responseCode: number; message: string }[] = [];
  readonly #http: Server;
  readonly #smtp: SMTPServer;

  private constructor() {
    this.#http = createServer((request, response) => {
      bodyOf(request)
        .then((body) => {
          const { status, body: answer } = this.#answer(request, body);
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
        })
        .catch(() => response.destroy());
    });
    this.#smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: (stream, _session, done) => {
        simpleParser(stream).then((mail) => {
          const refusal = this.mailRefusals.shift();
          if (refusal) return done(Object.assign(new Error(refusal.message), { responseCode: refusal.responseCode }));
          this.mails.push(mail);
          done();
        }, done);
      },
    });
    this.#smtp.on('error', () => undefined);
  }

  static async start(): Promise<Vendors> {
    const vendors = new Vendors();
    await new Promise<void>((resolve) => vendors.#http.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => vendors.#smtp.listen(0, '127.0.0.1', resolve));
    return vendors;
  }

  get environment(): NodeJS.ProcessEnv {
    const http = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
    return {
      SMTP_RELAY_URL: `smtp://127.0.0.1:${(this.#smtp.server.address() as AddressInfo).port}?ignoreTLS=true`,
      META_BASE_URL: http,
      META_ACCESS_TOKEN,
      TELEGRAM_BASE_URL: http,
      TELEGRAM_BOT_TOKEN,
    };
  }

  #answer(request: IncomingMessage, body: Record<string, unknown>): { status: number; body: object } {
    const path = request.url ?? '';
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    if (path.startsWith('/bot')) {
      if (path !== `/bot${TELEGRAM_BOT_TOKEN}/sendMessage`)
        return { status: 401, body: { ok: false, error_code: 401, description: 'Unauthorized' } };
      if (typeof body['text'] !== 'string' || body['chat_id'] === undefined) return { status: 400, body: { ok: false, error_code: 400 } };
      this.telegram.push({ path, body });
      return { status: 200, body: { ok: true, result: { message_id: 1000 + this.telegram.length } } };
    }
    if (request.headers.authorization !== `Bearer ${META_ACCESS_TOKEN}`)
      return { status: 401, body: { error: { code: 190, message: 'token' } } };
    if (!/^\/v\d+\.\d+\/\w+\/messages$/.test(path) || body['messaging_product'] !== 'whatsapp')
      return { status: 400, body: { error: { code: 100, message: 'shape' } } };
    this.meta.push({ path, body });
    return { status: 200, body: { messages: [{ id: `wamid.${this.meta.length}` }] } };
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    await new Promise<void>((resolve) => this.#smtp.close(() => resolve()));
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
}
