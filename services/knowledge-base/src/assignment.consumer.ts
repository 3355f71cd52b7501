import { Controller } from '@nestjs/common';
import { AnswerReleased, causedBy, TicketAssigned, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { DeflectionStore } from './deflection.store.js';
import { settle, type Deflection } from './domain/deflection.js';

@Controller()
export class AssignmentConsumer {
  /** The answer is on its way: from now on silence, a click or a message says what came of it. */
  @On(AnswerReleased)
  onAnswerReleased(events: readonly Received<AnswerReleased>[], delivery: Delivery): Promise<Draft[]> {
    return this.#learn(events, delivery, (deflection, { data: { answer }, at }) => ({
      ...deflection,
      answer: { articleId: answer.articleId, revision: answer.revision, at },
    }));
  }

  /** A ticket that a person got after all was not deflected, whoever gave it to them. */
  @On(TicketAssigned)
  onTicketAssigned(events: readonly Received<TicketAssigned>[], delivery: Delivery): Promise<Draft[]> {
    return this.#learn(events, delivery, (deflection, { at }) => ({ ...deflection, assignedAt: at }));
  }

  async #learn<E extends Received<Draft> & { ticketId: string }>(
    events: readonly E[],
    { tx, now }: Delivery,
    learnt: (deflection: Deflection, event: E) => Deflection,
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
