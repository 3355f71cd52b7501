import { simpleParser, type ParsedMail } from 'mailparser';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export const WEBHOOK_SECRET = 'webhook-secret-of-the-test';

export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** In the place of the mail relay and of a company's webhooks. Everything that arrived is kept, whatever was answered. */
export class Receivers {
  readonly mails: ParsedMail[] = [];
  readonly posts: Posted[] = [];
  /** What is answered per path, the first one first; then 204. 'silence': no answer at all. */
  readonly answers = new Map<string, (number | 'silence')[]>();
  /** Refusals by recipient, as long as they are here. */
  readonly refused = new Map<string, number>();
  readonly #http: Server;
  readonly #smtp: SMTPServer;

  private constructor() {
    this.#http = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const path = request.url ?? '/';
        const text = Buffer.concat(chunks).toString();
        this.posts.push({ path, headers: request.headers, text, body: JSON.parse(text) as Record<string, unknown> });
        const answer = this.answers.get(path)?.shift() ?? 204;
        if (answer !== 'silence') response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end();
      });
    });
    this.#smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: ({ address }, _session, done) => {
        const responseCode = this.refused.get(address);
        done(responseCode === undefined ? null : Object.assign(new Error(`<${address}> not now`), { responseCode }));
      },
      onData: (stream, _session, done) => {
        simpleParser(stream).then((mail) => {
          this.mails.push(mail);
          done();
        }, done);
      },
    });
    this.#smtp.on('error', () => undefined);
  }

  static async start(): Promise<Receivers> {
    const receivers = new Receivers();
    await new Promise<void>((resolve) => receivers.#http.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => receivers.#smtp.listen(0, '127.0.0.1', resolve));
    return receivers;
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      SMTP_RELAY_URL: `smtp://127.0.0.1:${(this.#smtp.server.address() as AddressInfo).port}?ignoreTLS=true`,
      SLA_WEBHOOK_SECRET: WEBHOOK_SECRET,
      PUBLIC_URL: 'https://desk.example',
    };
  }
  url(path: string): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}${path}`;
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    await new Promise<void>((resolve) => this.#smtp.close(() => resolve()));
  }
}

/** As docs/sla.md tells a receiver to do it. */
export function isSigned({ headers, text }: Posted): boolean {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['signalbox-signature'])) ?? [];
  return v1 === createHmac('sha256', WEBHOOK_SECRET).update(`${t}.${text}`).digest('hex');
}
