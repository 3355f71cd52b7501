import { Controller, Inject } from '@nestjs/common';
import { IntakeTopic, MessageReceived, TicketReceived, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CheckTimer } from './check.timer.js';
import { SlaTicketStore, type NewFact } from './sla-ticket.store.js';

/** The receipt starts the clocks; what a customer writes resumes and reopens them. */
@Controller()
export class IntakeConsumer {
  constructor(@Inject(CheckTimer) private readonly timer: CheckTimer) {}

  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], { tx, now }: Delivery): Promise<void> {
    const facts = events.map((event): NewFact => {
      return { event, topic: IntakeTopic.name, fact: { type: 'received', at: Date.parse(event.data.receivedAt) } };
    });
    await new SlaTicketStore(tx).add(facts, now);
    this.timer.ask();
  }

  @On(MessageReceived)
  async onMessageReceived(events: readonly Received<MessageReceived>[], { tx, now }: Delivery): Promise<void> {
    // Auto-replies and bounces start, stop and reopen nothing.
    const human = events.filter((event) => event.data.kind === 'human');
    const facts = human.map((event): NewFact => {
      return { event, topic: IntakeTopic.name, fact: { type: 'customer-replied', at: Date.parse(event.data.receivedAt) } };
    });
    await new SlaTicketStore(tx).add(facts, now);
    this.timer.ask();
  }
}
