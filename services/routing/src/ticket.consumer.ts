import { Controller, Inject } from '@nestjs/common';
import { AnswerProposed, ClocksChanged, NoAnswer, TicketEnriched, TicketReceived, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { learnFrom } from './performance.js';
import { readyAtOf, standingOf, type TicketFacts } from './domain/ticket-facts.js';
import { Rounds } from './rounds.js';
import { patienceOf, TicketStore, type TicketRow } from './ticket.store.js';

/** What others found out about a ticket. Each topic fills its own part of the facts. */
@Controller()
export class TicketConsumer {
  constructor(@Inject(Rounds) private readonly rounds: Rounds) {}

  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], delivery: Delivery): Promise<void> {
    await this.#fill(events, delivery, ({ data }) => ({
      received: { at: Date.parse(data.receivedAt), channel: data.channel, automatic: data.automatic ?? false },
    }));
  }

  @On(TicketEnriched)
  async onTicketEnriched(events: readonly Received<TicketEnriched>[], delivery: Delivery): Promise<Draft[]> {
    const rows = await this.#fill(events, delivery, ({ data }) => ({
      enriched: {
        category: data.category.value,
        complexity: data.complexity.value,
        priority: data.priority.value,
        language: data.language.value,
        tier: data.customer.tier ?? null,
        wantsHuman: data.wantsHuman.value,
        recentAgentIds: data.customer.recentAgentIds,
        unclassified: data.missing.includes('classifier'),
      },
    }));
    return learnFrom(rows, delivery);
  }

  @On(AnswerProposed)
  async onAnswerProposed(events: readonly Received<AnswerProposed>[], delivery: Delivery): Promise<void> {
    await this.#fill(events, delivery, ({ data }) => ({ verdict: { kind: 'answer', at: Date.parse(data.decidedAt) } }));
  }

  @On(NoAnswer)
  async onNoAnswer(events: readonly Received<NoAnswer>[], delivery: Delivery): Promise<void> {
    await this.#fill(events, delivery, ({ data }) => ({ verdict: { kind: 'none', at: Date.parse(data.decidedAt) } }));
  }

  @On(ClocksChanged)
  async onClocksChanged(events: readonly Received<ClocksChanged>[], delivery: Delivery): Promise<void> {
    await this.#fill(events, delivery, ({ data }) => {
      const due = data.clocks
        .filter((clock) => clock.status === 'running' && clock.dueAt !== null)
        .map((clock) => Date.parse(clock.dueAt!));
      return { dueAt: due.length === 0 ? null : Math.min(...due) };
    });
  }

  async #fill<E extends { ticketId: string }>(
    events: readonly E[],
    { tx, now, config }: Delivery,
    part: (event: E) => Partial<TicketFacts>,
  ): Promise<TicketRow[]> {
    const store = new TicketStore(tx);
    const rows = await store.load(events.map((event) => event.ticketId));
    for (const event of events) {
      const row = rows.get(event.ticketId)!;
      row.facts = { ...row.facts, ...part(event) };
      row.nextTryAt = null;
    }
    await store.save([...rows.values()], config);
    const patience = patienceOf(config);
    const instants = [...rows.values()]
      .filter((row) => standingOf(row.facts, row.proposalId !== null) === 'waiting')
      .map((row) => readyAtOf(row.facts, patience)!);
    if (instants.length > 0) this.rounds.askAt(Math.min(...instants), now);
    return [...rows.values()];
  }
}
