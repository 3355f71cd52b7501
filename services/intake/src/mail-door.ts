import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Attachment } from '@signalbox/contracts';
import { createHash, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { readBounce } from './domain/mail/bounce.js';
import { sameAddress, withoutPlus } from './domain/mail/mail-address.js';
import { judgeMail } from './domain/mail/mail-verdict.js';
import { readMail, type ReceivedMail } from './domain/mail/mail.js';
import type { Receipt, Submission } from './domain/submission.js';
import { FileStore } from './file.store.js';
import { MailReception } from './mail-reception.js';
import { cannotBeStored, Reception } from './reception.js';

export const MAIL_BYTES_MAX = 25_000_000;
const SESSIONS_MAX = 100;
const RECIPIENTS_MAX = 100;
/** All mails being received at one time; parsing needs each whole in memory. */
const RECEIVING_BYTES_MAX = 250_000_000;
const SOCKET_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** A refusal in SMTP's words. 4xx: the sender keeps the mail and comes again; 5xx: it tells its writer. */
const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** The mail door: SMTP as a mail server speaks it. 250 is said after the commit and never before. */
@Injectable()
export class MailDoor implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #logger = new Logger('MailDoor');
  #server: SMTPServer | undefined;
  #closed: Promise<void> | undefined;
  #receivingBytes = 0;
  /** `127.0.0.1:2525`, or undefined where no mail is taken. */
  address: string | undefined;

  constructor(
    @Inject(MailReception) private readonly mails: MailReception,
    @Inject(Reception) private readonly reception: Reception,
    @Inject(FileStore) private readonly files: FileStore,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { SMTP_HOST, SMTP_PORT } = this.environment;
    if (SMTP_PORT === undefined) return;
    const server = new SMTPServer({
      name: this.environment.MAIL_DOMAIN,
      banner: 'Signalbox',
      size: MAIL_BYTES_MAX,
      authOptional: true,
      // A relay in front of it ends TLS and checks senders; between relay and here is one network.
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      maxClients: SESSIONS_MAX,
      socketTimeout: SOCKET_TIMEOUT_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      onRcptTo: ({ address }, session, done) => done(this.#refuseRecipient(address, session)),
      onData: (stream, session, done) => {
        this.#take(stream, session).then(
          (receipt) => done(null, `OK: ${receipt.outcome}`),
          (error: Error) => done(error),
        );
      },
    });
    server.on('error', (error) => this.#logger.warn(`a mail session ended early: ${error.message}`));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(SMTP_PORT, SMTP_HOST, () => {
        server.server.off('error', reject);
        resolve();
      });
    });
    const { address, port } = server.server.address() as AddressInfo;
    this.address = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    process.stdout.write(`${JSON.stringify({ service: 'intake', smtp: this.address })}\n`);
  }

  /** New sessions are refused from now on; a mail whose data is under way still gets its answer. */
  onModuleDestroy(): void {
    this.#closed = new Promise((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }
  async beforeApplicationShutdown(): Promise<void> {
    await this.#closed;
  }

  #refuseRecipient(address: string, session: SMTPServerSession): Error | null {
    if (session.envelope.rcptTo.length >= RECIPIENTS_MAX) return refusal(452, `at most ${RECIPIENTS_MAX} recipients are taken at once`);
    const { SUPPORT_ADDRESS, MAIL_DOMAIN } = this.environment;
    const ours =
      sameAddress(withoutPlus(address), SUPPORT_ADDRESS) || sameAddress(address.slice(address.lastIndexOf('@') + 1), MAIL_DOMAIN);
    return ours ? null : refusal(550, `no mailbox here by the name of <${address.slice(0, 100)}>`);
  }

  async #take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Receipt> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let overloaded = false;
    try {
      // Read to the end in any case: SMTP has no way to answer before it.
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        overloaded ||= this.#receivingBytes + chunk.length > RECEIVING_BYTES_MAX;
        if (stream.sizeExceeded || overloaded) {
          chunks.length = 0;
          continue;
        }
        bytes += chunk.length;
        this.#receivingBytes += chunk.length;
        chunks.push(chunk);
      }
      if (stream.sizeExceeded) throw refusal(552, `the mail is too large; at most ${MAIL_BYTES_MAX} bytes are taken`);
      if (overloaded) throw refusal(451, 'too many mails at once; come again in a moment');
      return await this.#receive(Buffer.concat(chunks), session);
    } catch (error) {
      if ((error as { responseCode?: number }).responseCode !== undefined) throw error;
      this.#logger.warn(`a mail could not be stored: ${(error as Error).message}`);
      throw refusal(451, 'the mail cannot be stored at the moment; send it again');
    } finally {
      this.#receivingBytes -= bytes;
    }
  }

  async #receive(bytes: Buffer, session: SMTPServerSession): Promise<Receipt> {
    const { SUPPORT_ADDRESS, REPLY_TOKEN_SECRETS } = this.environment;
    const envelopeTo = session.envelope.rcptTo.map(({ address }) => address);
    const mailbox = withoutPlus(envelopeTo[0] ?? SUPPORT_ADDRESS).toLowerCase();
    const sender = session.envelope.mailFrom;
    const mail = await readMail(bytes, new Date(), sender ? sender.address : '');
    const raw = await this.files.original(bytes);
    if (mail.kind === 'quarantined') {
      return this.#quarantine(mailbox, createHash('sha256').update(bytes).digest('hex'), mail.reason, raw);
    }
    const verdict = judgeMail(mail, { addresses: [SUPPORT_ADDRESS, mailbox], secrets: REPLY_TOKEN_SECRETS });
    if (verdict.kind === 'own-loop') return this.#quarantine(mailbox, mail.duplicateKey, `our own mail came back: ${verdict.because}`, raw);
    const attachments = await this.#keepAttachments(mail);
    const bounce = verdict.kind === 'bounce' ? readBounce(bytes) : undefined;
    try {
      return await this.mails.receive({ mail, kind: verdict.kind, mailbox, envelopeTo, attachments, bounce, raw });
    } catch (error) {
      if (!cannotBeStored(error)) throw error;
      return this.#quarantine(mailbox, mail.duplicateKey, `it cannot be stored as a message: ${(error as Error).message}`, raw);
    }
  }

  #quarantine(channelAccount: string, duplicateKey: string, reason: string, raw: Submission['raw']): Promise<Receipt> {
    return this.reception.quarantine({ door: 'smtp', channelAccount, duplicateKey, reason: reason.slice(0, 500), raw });
  }

  async #keepAttachments(mail: ReceivedMail): Promise<Attachment[]> {
    const kept: Attachment[] = [];
    for (const { filename, contentType, content } of mail.attachments) {
      kept.push({ attachmentId: randomUUID(), filename, contentType, sizeBytes: content.length, sha256: await this.files.keep(content) });
    }
    return kept;
  }
}
