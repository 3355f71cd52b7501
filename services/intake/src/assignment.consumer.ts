import { Controller } from '@nestjs/common';
import {
  AnswerReleased,
  ReplyReleased,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  type Received,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { On, Unprocessable, type Delivery } from '@signalbox/messaging';
import { OutgoingStore, type Released } from './outgoing.store.js';

type WithTicket = Received<{ ticketId: string; data: { ticket: TicketSnapshot } }>;

/** What assignment released goes out, and nothing else. Its status decides whether a further message joins a ticket or follows it up. */
@Controller()
export class AssignmentConsumer {
  @On(ReplyReleased)
  async onReplyReleased(events: readonly Received<ReplyReleased>[], delivery: Delivery): Promise<void> {
    const replies = events.map(({ ticketId, at, data }): Released => {
      return { messageId: data.messageId, ticketId, kind: 'reply', author: data.agentId, text: data.text, at };
    });
    await this.#release(replies, events, delivery);
  }

  @On(AnswerReleased)
  async onAnswerReleased(events: readonly Received<AnswerReleased>[], delivery: Delivery): Promise<void> {
    const answers = events.map(({ ticketId, at, data }): Released => {
      return { messageId: data.messageId, ticketId, kind: 'answer', author: 'answer', text: data.answer.text, at };
    });
    await this.#release(answers, events, delivery);
  }

  @On(TicketAssigned)
  onTicketAssigned(events: readonly Received<TicketAssigned>[], delivery: Delivery): Promise<void> {
    return this.#keepStatus(events, delivery);
  }
  @On(TicketReleased)
  onTicketReleased(events: readonly Received<TicketReleased>[], delivery: Delivery): Promise<void> {
    return this.#keepStatus(events, delivery);
  }
  @On(StatusChanged)
  onStatusChanged(events: readonly Received<StatusChanged>[], delivery: Delivery): Promise<void> {
    return this.#keepStatus(events, delivery);
  }
  @On(TicketSolved)
  onTicketSolved(events: readonly Received<TicketSolved>[], delivery: Delivery): Promise<void> {
    return this.#keepStatus(events, delivery);
  }
  @On(TicketReopened)
  onTicketReopened(events: readonly Received<TicketReopened>[], delivery: Delivery): Promise<void> {
    return this.#keepStatus(events, delivery);
  }
  @On(TicketClosed)
  onTicketClosed(events: readonly Received<TicketClosed>[], delivery: Delivery): Promise<void> {
    return this.#keepStatus(events, delivery);
  }

  async #release(messages: readonly Released[], events: readonly WithTicket[], delivery: Delivery): Promise<void> {
    // The tickets first: every handler locks in the same order.
    const known = await this.#saveStatus(events, delivery);
    const lost = messages.find((message) => !known.has(message.ticketId));
    if (lost) throw new Unprocessable(`message '${lost.messageId}' is for ticket '${lost.ticketId}', which intake never received`);
    await new OutgoingStore(delivery.tx).release(messages, delivery.now);
  }

  async #keepStatus(events: readonly WithTicket[], delivery: Delivery): Promise<void> {
    await this.#saveStatus(events, delivery);
  }

  #saveStatus(events: readonly WithTicket[], { tx }: Delivery): Promise<Set<string>> {
    // Events of one ticket come in their order: the last one holds.
    const status = new Map(events.map((event) => [event.ticketId, event.data.ticket.status]));
    return new OutgoingStore(tx).saveStatus(status);
  }
}
