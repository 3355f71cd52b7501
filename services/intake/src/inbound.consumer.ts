import { Controller, Inject } from '@nestjs/common';
import { MessageSubmitted, TicketSubmitted, type Draft, type Received } from '@signalbox/contracts';
import { On, Unprocessable, type Delivery } from '@signalbox/messaging';
import { cleanLine, cleanText } from './domain/text.js';
import type { Submission } from './domain/submission.js';
import { Reception } from './reception.js';

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
  const bytes = Buffer.from(JSON.stringify(event.data));
  return {
    door: 'inbound-topic' as const,
    channelAccount: event.source.slice(0, 120) || 'upstream',
    duplicateKey: event.id,
    kind: 'human' as const,
    customer: { address: customer.email, name: customer.name },
    attachments: [],
    raw: { bytes, sizeBytes: bytes.length },
  };
}
