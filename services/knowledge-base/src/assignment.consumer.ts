import { Controller } from '@nestjs/common';
import { AnswerReleased, causedBy, TicketAssigned, TicketMerged, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { DeflectionStore } from './deflection.store.js';
import { settle, type Deflection } from './domain/deflection.js';

/** What became of a ticket after its verdict. */
@Controller()
export class AssignmentConsumer {
  @On(AnswerReleased, TicketAssigned, TicketMerged)
  async onTicketEvent(
    events: readonly Received<AnswerReleased | TicketAssigned | TicketMerged>[],
    { tx, now }: Delivery,
  ): Promise<Draft[]> {
    const store = new DeflectionStore(tx);
    const { deflections } = await store.load(events.map((event) => event.ticketId));
    const drafts = events.flatMap((event) => {
      const { deflection, events: said } = settle(learnt(deflections.get(event.ticketId)!, event), now);
      deflections.set(event.ticketId, deflection);
      return causedBy<Draft>(event, said);
    });
    await store.save(deflections.values());
    return drafts;
  }
}

function learnt(deflection: Deflection, event: Received<AnswerReleased | TicketAssigned | TicketMerged>): Deflection {
  // A ticket that a person got after all was not deflected, whoever gave it to them; nor was one that a person has merged into another.
  if (event.type !== 'AnswerReleased') return { ...deflection, assignedAt: event.at };
  // The answer is on its way: from now on silence, a click or a message says what came of it.
  const { articleId, revision } = event.data.answer;
  return { ...deflection, answer: { articleId, revision, at: event.at } };
}
