import { Controller } from '@nestjs/common';
import {
  AnswerReleased,
  ReplyReleased,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketMerged,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  TicketTransferred,
  type Received,
} from '@signalbox/contracts';
import { On, Unprocessable, type Delivery } from '@signalbox/messaging';
import { OutgoingStore, type Released, type Standing } from './outgoing.store.js';

type ReleaseEvent = ReplyReleased | AnswerReleased;
type StatusEvent =
  TicketAssigned | TicketReleased | StatusChanged | TicketSolved | TicketReopened | TicketTransferred | TicketClosed | TicketMerged;

/** What assignment released goes out, and nothing else. Its status decides whether a further message joins a ticket or follows it up. */
@Controller()
export class AssignmentConsumer {
  @On(
    ReplyReleased,
    AnswerReleased,
    TicketAssigned,
    TicketReleased,
    StatusChanged,
    TicketSolved,
    TicketReopened,
    TicketTransferred,
    TicketClosed,
    TicketMerged,
  )
  async onTicketEvent(events: readonly Received<ReleaseEvent | StatusEvent>[], { tx, now }: Delivery): Promise<void> {
    const store = new OutgoingStore(tx);
    // The tickets first: every handler locks in the same order. Events of one ticket come in their order: the last status holds.
    const standings = new Map<string, Standing>();
    for (const { ticketId, type, data } of events) {
      const solution = type === 'TicketSolved' ? { agentId: data.agentId } : standings.get(ticketId)?.solution;
      standings.set(ticketId, { status: data.ticket.status, mergedInto: data.ticket.mergedInto ?? null, solution });
    }
    const known = await store.saveStatus(standings);
    const messages = events.flatMap(releasedBy);
    const lost = messages.find((message) => !known.has(message.ticketId));
    if (lost) throw new Unprocessable(`message '${lost.messageId}' is for ticket '${lost.ticketId}', which intake never received`);
    if (messages.length > 0) await store.release(messages, now);
  }
}

function releasedBy({ type, ticketId, at, data }: Received<ReleaseEvent | StatusEvent>): Released[] {
  if (type === 'ReplyReleased') return [{ messageId: data.messageId, ticketId, kind: 'reply', author: data.agentId, text: data.text, at }];
  if (type === 'AnswerReleased')
    return [{ messageId: data.messageId, ticketId, kind: 'answer', author: 'answer', text: data.answer.text, at }];
  return [];
}
