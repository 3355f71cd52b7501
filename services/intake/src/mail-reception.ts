import { Inject, Injectable } from '@nestjs/common';
import { DeliveryFailed, TEXT_LENGTH_MAX, type Attachment, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import type { Bounce } from './domain/mail/bounce.js';
import { isOwn } from './domain/mail/mail-address.js';
import { customerOf } from './domain/mail/mail-verdict.js';
import type { ReceivedMail } from './domain/mail/mail.js';
import { tokenOfMessageId, verifyReplyToken } from './domain/mail/reply-token.js';
import { referencesToLookUp, threadMail, type ReferencesFound, type ReferencesToLookUp } from './domain/mail/threading.js';
import { trimReply } from './domain/quotes/quote-trimming.js';
import type { Receipt, Submission } from './domain/submission.js';
import { cutTo } from './domain/text.js';
import { MailStore } from './mail.store.js';
import { OutgoingStore } from './outgoing.store.js';
import { Reception } from './reception.js';

/** A mail that has been read and judged, its attachments already on the disk. */
export interface JudgedLetter {
  readonly mail: ReceivedMail;
  readonly kind: Submission['kind'];
  /** The mailbox it was sent to, without a plus part. */
  readonly mailbox: string;
  readonly envelopeTo: readonly string[];
  readonly attachments: readonly Attachment[];
  /** What a bounce says about the mail that bounced. */
  readonly bounce?: Bounce | undefined;
  readonly raw: Submission['raw'];
}

/** From a judged mail to a ticket, a further message or a failed delivery: threading looks into the database, so it happens in the unit. */
@Injectable()
export class MailReception {
  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(Reception) private readonly reception: Reception,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  receive(letter: JudgedLetter): Promise<Receipt> {
    return this.unit.submit(this.#receiveAll, letter, letter.raw.bytes?.length ?? 0);
  }

  readonly #receiveAll = async (letters: readonly JudgedLetter[], delivery: Delivery): Promise<Outcome<Receipt>[]> => {
    const read = letters.map((letter) => ({ letter, lookUp: this.#lookUp(letter) }));
    const outcomes: Outcome<Receipt>[] = [];
    for (const run of independentRuns(read)) {
      const found = await new MailStore(delivery.tx).find(run.map(({ lookUp }) => lookUp));
      const submissions = run.map(({ letter, lookUp }, index) => this.#submissionOf(letter, lookUp, found[index]!));
      const received = await this.reception.receiveAll(submissions, delivery);
      for (const [index, { events, answer }] of received.entries()) {
        const failed = answer.outcome === 'duplicate' ? [] : await this.#failDeliveries(run[index]!.letter, delivery);
        outcomes.push({ events: [...events, ...failed], answer });
      }
    }
    return outcomes;
  };

  /** A bounce belongs to the mail that came back, whose id stands in its body; everything else says in its headers what it answers. */
  #lookUp({ mail, bounce, envelopeTo }: JudgedLetter): ReferencesToLookUp {
    const secrets = this.environment.REPLY_TOKEN_SECRETS;
    const lookUp = referencesToLookUp(mail, secrets, envelopeTo);
    if (!bounce) return lookUp;
    const bounced = bounce.messageIds.flatMap((id) => verifyReplyToken(tokenOfMessageId(id), secrets)?.ticketId ?? []);
    return { ...lookUp, ticketIds: [...bounced, ...lookUp.ticketIds] };
  }

  #submissionOf({ mail, kind, mailbox, attachments, raw }: JudgedLetter, lookUp: ReferencesToLookUp, found: ReferencesFound): Submission {
    const addresses = [this.environment.SUPPORT_ADDRESS, mailbox];
    const threading = threadMail(mail, lookUp, found);
    const customer = customerOf(mail, { addresses });
    const replyTo = mail.replyTo && !isOwn(mail.replyTo.address, addresses) ? mail.replyTo.address : customer.address;
    // The whole text, quotes and all, stays in the raw original.
    const text = threading.kind === 'reply' && kind !== 'bounce' ? trimReply(mail.text) : mail.text;
    const truncated = mail.textTruncated || text.length > TEXT_LENGTH_MAX;
    return {
      door: 'smtp',
      channel: 'email',
      channelAccount: mailbox,
      duplicateKey: mail.duplicateKey,
      ticketId: threading.kind === 'reply' ? threading.ticketId : undefined,
      kind,
      customer: { address: replyTo, identity: customer.address, name: customer.name },
      subject: mail.subject,
      text: cutTo(text, TEXT_LENGTH_MAX),
      truncated: truncated || undefined,
      attachments,
      providerMessageId: mail.messageId,
      raw,
    };
  }

  /** Only for messages whose signed Message-ID came back: anybody can write a report about somebody else's mail. */
  async #failDeliveries({ bounce }: JudgedLetter, { tx, now }: Delivery): Promise<Draft[]> {
    if (!bounce) return [];
    const store = new OutgoingStore(tx);
    const secrets = this.environment.REPLY_TOKEN_SECRETS;
    const messageIds = bounce.messageIds.flatMap((id) => verifyReplyToken(tokenOfMessageId(id), secrets)?.messageId ?? []);
    const permanent = bounce.recipients.length === 0 || bounce.recipients.some((recipient) => recipient.permanent);
    const events: Draft[] = [];
    for (const messageId of new Set(messageIds)) {
      const sent = await store.lockById(messageId);
      if (!sent || sent.state === 'failed') continue;
      const status = bounce.recipients.find((recipient) => recipient.permanent)?.status ?? bounce.recipients[0]?.status;
      const reason = `the mail came back${status === undefined ? '' : ` with status ${status}`}`;
      // A warning that the relay still tries changes nothing about the message.
      if (permanent) await store.saveFailed(messageId, reason);
      events.push(
        DeliveryFailed(sent.ticketId, {
          messageId,
          channel: 'email',
          reason,
          attempts: Math.max(1, sent.attempts),
          final: permanent,
          failedAt: now.toISOString(),
        }),
      );
    }
    return events;
  }
}

/** Cuts the list wherever a mail answers one that is not yet stored: what a run looks up must be there before the run begins. */
function independentRuns<T extends { letter: JudgedLetter; lookUp: ReferencesToLookUp }>(read: readonly T[]): T[][] {
  const runs: T[][] = [[]];
  let arriving = new Set<string>();
  for (const one of read) {
    if (one.lookUp.messageIds.some((id) => arriving.has(id))) {
      runs.push([]);
      arriving = new Set();
    }
    runs.at(-1)!.push(one);
    if (one.letter.mail.messageId) arriving.add(one.letter.mail.messageId);
  }
  return runs;
}
