import { Get, Inject } from '@nestjs/common';
import { AgentStore } from './agent.store.js';
import { AuditStore } from './audit.store.js';
import { Allow, Api, By } from './auth.guard.js';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';
import { Desk } from './desk.js';
import type { Caller } from './domain/visibility.js';
import { OutlookStore } from './outlook.store.js';
import { TicketQueryStore } from './ticket-query.store.js';
import { agentRow, ticketRow } from './views.js';

const WAITING_MAX = 200;

/** The supervisor's view: queues, people, and why something still waits. */
@Api('board')
export class BoardController {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ConsoleEnvironment,
    private readonly tickets: TicketQueryStore,
    private readonly agents: AgentStore,
    private readonly desk: Desk,
    private readonly audit: AuditStore,
    private readonly outlooks: OutlookStore,
  ) {}

  @Get()
  @Allow('supervisor', 'admin')
  async board(@By() caller: Caller) {
    const { view, configuration } = await this.desk.of(caller);
    const [counts, states, waiting, toHandOver, alarms, outlooks] = await Promise.all([
      this.tickets.queueCounts(),
      this.agents.states(),
      this.tickets.waiting(view, WAITING_MAX),
      this.tickets.toHandOver(view, WAITING_MAX),
      this.audit.latest(),
      this.outlooks.all(),
    ]);
    const { snapshot } = configuration;
    const now = Date.now() + this.environment.SIGNALBOX_CLOCK_OFFSET_MS;
    const queueIds = new Set([...snapshot.all('queue').keys(), ...counts.map((count) => count.queueId)]);
    const agentIds = new Set([...snapshot.all('agent').keys(), ...states.keys()]);
    return {
      queues: [...queueIds].map((queueId) => {
        const count = counts.find((one) => one.queueId === queueId);
        return {
          queueId,
          title: snapshot.find('queue', queueId)?.title ?? queueId,
          waiting: count?.waiting ?? 0,
          oldestWaitSeconds: count?.oldestAt ? Math.max(0, Math.round((now - count.oldestAt.getTime()) / 1000)) : null,
          offered: count?.offered ?? 0,
          assigned: count?.assigned ?? 0,
          breached: count?.breached ?? 0,
          outlook: outlooks.get(queueId) ?? null,
        };
      }),
      // Who has no units takes no tickets: supervisors, administrators.
      agents: [...agentIds].map((agentId) => agentRow(agentId, states.get(agentId), configuration)).filter((agent) => agent.unitsMax > 0),
      toHandOver: toHandOver.map((ticket) => ticketRow(ticket, configuration)),
      alarms,
      waiting: waiting.map((ticket) => {
        const row = ticketRow(ticket, configuration);
        const { reasons = [], step = 0, nextStepAt = null, queuedAt = null } = row.waiting ?? {};
        return { ...row, reasons, step, nextStepAt, queuedAt };
      }),
    };
  }
}
