import { Controller, Inject } from '@nestjs/common';
import { ExplainClocksRequested, RecomputePreviewRequested, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
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
}
