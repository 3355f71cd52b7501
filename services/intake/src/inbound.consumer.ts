import { Controller, Inject } from '@nestjs/common';
import { MessageSubmitted, TicketSubmitted, type Draft, type Received } from '@signalbox/contracts';
import { On, Unprocessable, type Delivery } from '@signalbox/messaging';
import { createHash } from 'node:crypto';
import { cleanLine, cleanText, cutTo } from './domain/text.js';
import type { Submission } from './domain/submission.js';
import { Reception } from './reception.js';

const ACCOUNT_LENGTH_MAX = 120;
const DUPLICATE_KEY_LENGTH_MAX = 400;

/** What upstream systems produce to `signalbox.inbound`. Their `source` is the account, `source` with `id` the duplicate key. */
@Controller()
export class InboundConsumer {
  constructor(@Inject(Reception) private readonly reception: Reception) {}

  @On(TicketSubmitted)
  async onTicketSubmitted(events: readonly Received<TicketSubmitted>[], delivery: Delivery): Promise<Draft[]> {
    return this.#receive(
      events.map((event) => {
        const { customer, subject, body, channel, externalId, language, fields } = event.data;
        return {
          ...common(event, customer),
          channel: channel ?? 'web',
          subject: cleanLine(subject, 500),
          text: cleanText(body, 20_000),
          externalId,
          language,
          fields,
          conversation: externalId,
        };
      }),
      delivery,
    );
  }

  @On(MessageSubmitted)
  async onMessageSubmitted(events: readonly Received<MessageSubmitted>[], delivery: Delivery): Promise<Draft[]> {
    return this.#receive(
      events.map((event) => {
        const { customer, body, externalId } = event.data;
        return {
          ...common(event, customer),
          channel: 'web',
          subject: '',
          text: cleanText(body, 20_000),
          externalId,
          conversation: externalId,
          conversationRequired: true,
        };
      }),
      delivery,
    );
  }

  async #receive(submissions: readonly Submission[], delivery: Delivery): Promise<Draft[]> {
    const outcomes = await this.reception.receiveAll(submissions, delivery);
    const refused = outcomes.find(({ answer }) => answer.outcome === 'refused');
    if (refused) throw new Unprocessable(refused.answer.reason ?? 'refused');
    return outcomes.flatMap((outcome) => outcome.events);
  }
}

function common(event: Received<TicketSubmitted> | Received<MessageSubmitted>, customer: { email: string; name?: string | undefined }) {
  const unstorable = [event.source, event.id].find((attribute) => attribute.includes('\u0000'));
  if (unstorable !== undefined) throw new Unprocessable(`CloudEvents attribute ${JSON.stringify(unstorable)} contains a NUL character`);
  const bytes = Buffer.from(JSON.stringify(event.data));
  return {
    door: 'inbound-topic' as const,
    channelAccount: shortened(event.source, ACCOUNT_LENGTH_MAX) || 'upstream',
    duplicateKey: shortened(event.id, DUPLICATE_KEY_LENGTH_MAX),
    kind: 'human' as const,
    customer: { address: customer.email, name: customer.name === undefined ? undefined : cleanLine(customer.name, 200) },
    attachments: [],
    raw: { bytes, sizeBytes: bytes.length },
  };
}

/** Two long ids that begin alike stay two: the end is replaced by a hash of the whole. */
function shortened(text: string, lengthMax: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= lengthMax) return whole;
  return cutTo(whole, lengthMax - 64) + createHash('sha256').update(whole).digest('hex');
}
