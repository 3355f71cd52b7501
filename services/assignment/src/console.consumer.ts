import { Controller } from '@nestjs/common';
import {
  AcceptRequested,
  DeclineRequested,
  HoldRequested,
  PresenceReported,
  ReplyWritten,
  ResumeRequested,
  SolveRequested,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Desk } from './desk.js';
import type { Agent } from './domain/agent.js';
import { reportPresence } from './domain/agent.js';
import { acceptOffer, declineOffer } from './domain/offering.js';
import { refuse } from './domain/refusal.js';
import type { Decision, Ticket } from './domain/ticket.js';
import { hold, reply, requestSolve, resume } from './domain/working.js';

type Request = AcceptRequested | DeclineRequested | ReplyWritten | HoldRequested | ResumeRequested | SolveRequested;

/** People's requests: each gets exactly one outcome, which names it as its cause. */
@Controller()
export class ConsoleConsumer {
  @On(AcceptRequested)
  onAcceptRequested(requests: readonly Received<AcceptRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, acceptOffer);
  }
  @On(DeclineRequested)
  onDeclineRequested(requests: readonly Received<DeclineRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, declineOffer);
  }
  @On(ReplyWritten)
  onReplyWritten(requests: readonly Received<ReplyWritten>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, reply);
  }
  @On(HoldRequested)
  onHoldRequested(requests: readonly Received<HoldRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, hold);
  }
  @On(ResumeRequested)
  onResumeRequested(requests: readonly Received<ResumeRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, resume);
  }
  @On(SolveRequested)
  onSolveRequested(requests: readonly Received<SolveRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, requestSolve);
  }

  /** Going offline takes the agent's offers back at once; what they own stays with them for the grace. */
  @On(PresenceReported)
  async onPresenceReported(reports: readonly Received<PresenceReported>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    const all = reports.map((report) => report.agentId);
    const leaving = reports.filter((report) => report.data.presence === 'offline').map((report) => report.agentId);
    await desk.agentStore.insertMissing(all);
    const offered = await desk.agentStore.ticketIdsOf(leaving, 'offered');
    await desk.load(offered, all);
    await desk.loadAgents(leaving, 'offered');
    for (const report of reports) {
      const { presence, leaseUntil } = report.data;
      desk.change(reportPresence(desk.agent(report.agentId), presence, new Date(leaseUntil), desk.now), report);
      if (presence === 'offline') desk.withdraw(report.agentId, 'agent-offline', report);
    }
    return desk.save();
  }
}

async function decide<E extends Request>(
  requests: readonly Received<E>[],
  delivery: Delivery,
  decision: (ticket: Ticket, agent: Agent, request: Received<E>, now: Date) => Decision,
): Promise<Draft[]> {
  const desk = await Desk.open(delivery);
  await desk.load(
    requests.map((request) => request.ticketId),
    requests.map((request) => request.data.agentId),
  );
  for (const request of requests) {
    const ticket = desk.ticket(request.ticketId);
    const agent = desk.agent(request.data.agentId);
    desk.apply(agent.configured ? decision(ticket, agent, request, desk.now) : refuse(ticket, request, 'unknown-agent'), request);
  }
  return desk.save();
}
