import { Controller, Inject } from '@nestjs/common';
import {
  EscalationCanceled,
  EscalationCancelRequested,
  ExplainClocksRequested,
  RecomputePreviewRequested,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CANCELED } from './domain/escalation.js';
import { NotificationStore } from './notification.store.js';
import { nothingPreviewed } from './preview.timer.js';
import { RecomputationStore } from './recomputation.store.js';
import { SlaTicketStore } from './sla-ticket.store.js';
import { TicketChecker } from './ticket-checker.js';

@Controller()
export class ConsoleConsumer {
  constructor(@Inject(TicketChecker) private readonly checker: TicketChecker) {}

  /** Asked by people who look at a ticket. Nothing is decided or kept by it. */
  @On(ExplainClocksRequested)
  async onExplainClocksRequested(requests: readonly Received<ExplainClocksRequested>[], delivery: Delivery): Promise<Draft[]> {
    const rows = await new SlaTicketStore(delivery.tx).read([...new Set(requests.map(({ ticketId }) => ticketId))]);
    return this.checker.explain(requests, rows, delivery);
  }

  /** Kept, and worked through by the timer: a million tickets take their time. */
  @On(RecomputePreviewRequested)
  async onRecomputePreviewRequested(
    requests: readonly Received<RecomputePreviewRequested>[],
    { tx, now, config }: Delivery,
  ): Promise<void> {
    const store = new RecomputationStore(tx);
    const tickets = await store.openTickets();
    for (const { id, key, correlationId, traceparent, data } of requests) {
      const cause = { id, correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
      const report = nothingPreviewed(config.bundle, tickets);
      await store.add({ id: key, bundle: config.bundle, documents: data.documents, cause, startedAt: now, report });
    }
  }

  /** Once per ticket, and only of what is known here: what never came in has no chain to end. The console refuses agents, with a reason. */
  @On(EscalationCancelRequested)
  async onEscalationCancelRequested(requests: readonly Received<EscalationCancelRequested>[], delivery: Delivery): Promise<Draft[]> {
    const { tx, now } = delivery;
    const tickets = new SlaTicketStore(tx);
    const allowed = requests.filter(({ data }) => data.role !== 'agent');
    const known = await tickets.read([...new Set(allowed.map(({ ticketId }) => ticketId))]);
    if (known.length === 0) return [];
    const rows = await tickets.lock(known.map(({ ticketId }) => ticketId));
    const canceling = rows.filter(({ state }) => !state.said.includes(CANCELED));
    const ended = canceling.map((row) => ({ ...row, state: { ...row.state, said: [...row.state.said, CANCELED] } }));
    const { events } = await this.checker.check(ended, delivery);
    await new NotificationStore(tx).cancelOf(
      canceling.map(({ ticketId }) => ticketId),
      now,
    );
    const first = new Map(allowed.toReversed().map((request) => [request.ticketId, request]));
    const canceled = canceling.map(({ ticketId }) => {
      const { agentId, reason } = first.get(ticketId)!.data;
      return EscalationCanceled(ticketId, { byAgentId: agentId, reason, canceledAt: now.toISOString() });
    });
    return [...events, ...canceled];
  }
}
