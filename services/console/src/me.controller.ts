import { Body, Get, HttpCode, Put } from '@nestjs/common';
import { Presence } from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AgentStore } from './agent.store.js';
import { Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { Desk } from './desk.js';
import type { Caller } from './domain/visibility.js';
import { LeaseRenewalTimer } from './lease-renewal.timer.js';
import { RequestStore } from './request.store.js';
import { TicketQueryStore } from './ticket-query.store.js';
import { agentRow, decisionRow, ticketRow } from './views.js';

/** `chosen`: a person's click, not a repetition that keeps the lease; brings back who is out of rotation or past their shift. */
const PresenceBody = z.strictObject({ presence: Presence, chosen: z.boolean().default(false) });

/** One agent's own view. */
@Api('')
export class MeController {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly requests: RequestStore,
    private readonly renewals: LeaseRenewalTimer,
    private readonly tickets: TicketQueryStore,
    private readonly desk: Desk,
  ) {}

  @Get('me')
  async me(@By() caller: Caller) {
    const { configuration } = await this.desk.of(caller);
    const states = await this.agents.states([caller.agentId]);
    const row = agentRow(caller.agentId, states.get(caller.agentId), configuration);
    return { ...row, role: caller.role, expiresAt: caller.expiresAt };
  }

  /** A report, not a wish: it holds when it is stored. What routing makes of it is seen in `GET /me`. */
  @Put('presence')
  @HttpCode(202)
  async presence(@Body() body: unknown, @By() caller: Caller): Promise<{ requestId: string }> {
    const { presence, chosen } = readBody(PresenceBody, body);
    const manner = chosen ? ('chosen' as const) : ('repeated' as const);
    const report = { agentId: caller.agentId, presence, requestId: randomUUID(), manner };
    const standing = await this.requests.standingReport(report);
    if (standing?.due) this.renewals.add({ ...report, manner: 'renewal' });
    return { requestId: standing?.requestId ?? (await this.unit.submit(this.requests.reportPresence, report)) };
  }

  @Get('inbox')
  async inbox(@By() caller: Caller) {
    const { configuration, declineReasons } = await this.desk.of(caller);
    const [offered, mine, consulted] = await Promise.all([
      this.tickets.offersOf(caller.agentId),
      this.tickets.workOf(caller.agentId),
      this.tickets.consultedOf(caller.agentId),
    ]);
    const decisions = offered.length === 0 ? [] : await this.tickets.decisions(offered.map((ticket) => ticket.ticketId));
    return {
      offers: offered.map((ticket) => {
        const offer = ticket.assignment!.ticket!.offer!;
        const decision = decisions.find(
          ({ ticketId, proposalId }) => ticketId === ticket.ticketId && proposalId === ticket.assignment!.offerProposalId,
        );
        return {
          ...ticketRow(ticket, configuration),
          offerId: offer.offerId,
          expiresAt: offer.expiresAt,
          /** True until this agent's console has confirmed it: `POST /tickets/:ticketId/delivered`. */
          awaitsDelivery: offer.acknowledgeBy !== undefined,
          reasons: decision ? decisionRow(decision, ticket, configuration).reasons : [],
        };
      }),
      mine: mine.map((ticket) => ticketRow(ticket, configuration)),
      consulted: consulted.map((ticket) => ticketRow(ticket, configuration)),
      declineReasons,
    };
  }

  /** To whom a ticket can go: who takes tickets, and the queues. */
  @Get('colleagues')
  async colleagues(@By() caller: Caller) {
    const { configuration } = await this.desk.of(caller);
    const { snapshot } = configuration;
    const states = await this.agents.states();
    const agents = [...snapshot.all('agent')].filter(([agentId, { unitsMax }]) => unitsMax > 0 && agentId !== caller.agentId);
    return {
      agents: agents.map(([agentId, { name }]) => ({ agentId, name, presence: states.get(agentId)?.presence ?? ('offline' as const) })),
      queues: [...snapshot.all('queue')].map(([queueId, { title }]) => ({ queueId, title })),
      skills: [...new Set(agents.flatMap(([, { skills }]) => Object.keys(skills)))].sort(),
    };
  }
}
