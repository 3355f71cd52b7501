import { Controller } from '@nestjs/common';
import {
  AcceptRequested,
  AssignRequested,
  ConsultEndRequested,
  ConsultRequested,
  DeclineRequested,
  HoldRequested,
  MergeRequested,
  OfferDelivered,
  OverrideRequested,
  PresenceReported,
  ReleaseRequested,
  ReplyWritten,
  ResumeRequested,
  SolveRequested,
  TransferRequested,
  WrapUpEndRequested,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import { Desk } from './desk.js';
import type { Agent } from './domain/agent.js';
import { reportPresence } from './domain/agent.js';
import { consult, endConsult } from './domain/consulting.js';
import { forceAssign, override, requestRelease, transfer, type Surroundings } from './domain/handing-over.js';
import { merge, type Junction } from './domain/merging.js';
import { acceptOffer, acknowledgeOffer, declineOffer } from './domain/offering.js';
import { refuse } from './domain/refusal.js';
import type { Terms } from './domain/terms.js';
import type { Decision, Ticket } from './domain/ticket.js';
import { hold, reply, requestSolve, requestWrapUpEnd, resume } from './domain/working.js';

/** What an agent wants for their own work. */
type OwnRequest = AcceptRequested | DeclineRequested | ReplyWritten | HoldRequested | ResumeRequested | SolveRequested | WrapUpEndRequested;
/** What concerns others too, or comes from a supervisor, who need not be an agent. */
type WiderRequest = TransferRequested | AssignRequested | ReleaseRequested | OverrideRequested | ConsultRequested | ConsultEndRequested;

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
  @On(WrapUpEndRequested)
  onWrapUpEndRequested(requests: readonly Received<WrapUpEndRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decide(requests, delivery, requestWrapUpEnd);
  }

  @On(TransferRequested)
  onTransferRequested(requests: readonly Received<TransferRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decideAround(requests, delivery, ({ data: { to } }) => ('agentId' in to ? [to.agentId] : []), transfer);
  }
  @On(AssignRequested)
  onAssignRequested(requests: readonly Received<AssignRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decideAround(requests, delivery, ({ data }) => [data.toAgentId], forceAssign);
  }
  @On(ReleaseRequested)
  onReleaseRequested(requests: readonly Received<ReleaseRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decideAround(requests, delivery, () => [], requestRelease);
  }
  @On(OverrideRequested)
  onOverrideRequested(requests: readonly Received<OverrideRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decideAround(requests, delivery, () => [], override);
  }
  @On(ConsultRequested)
  onConsultRequested(requests: readonly Received<ConsultRequested>[], delivery: Delivery): Promise<Draft[]> {
    const withOf = ({ data }: ConsultRequested): string[] => [data.withAgentId];
    return decideAround(requests, delivery, withOf, (ticket, request, { agentOf }) =>
      consult(ticket, agentOf(request.data.withAgentId), request),
    );
  }
  @On(ConsultEndRequested)
  onConsultEndRequested(requests: readonly Received<ConsultEndRequested>[], delivery: Delivery): Promise<Draft[]> {
    return decideAround(requests, delivery, () => [], endConsult);
  }

  @On(MergeRequested)
  async onMergeRequested(requests: readonly Received<MergeRequested>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    const concerned = requests.flatMap(({ ticketId, data }) => [ticketId, data.intoTicketId]);
    await desk.load(concerned);
    await desk.loadSurvivors(concerned);
    const around: Junction = { agentOf: (agentId) => desk.agent(agentId), survivorOf: (ticket) => desk.survivorOf(ticket), now: desk.now };
    for (const request of requests)
      for (const decision of merge(desk.ticket(request.ticketId), desk.ticket(request.data.intoTicketId), request, around))
        desk.apply(decision, request);
    return desk.save();
  }

  /** A report nobody is told the outcome of. */
  @On(OfferDelivered)
  async onOfferDelivered(reports: readonly Received<OfferDelivered>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    await desk.load(reports.map((report) => report.ticketId));
    for (const report of reports) desk.apply(acknowledgeOffer(desk.ticket(report.ticketId), report), report);
    return desk.save();
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
      const { presence, leaseUntil, chosen } = report.data;
      desk.change(reportPresence(desk.agent(report.agentId), presence, new Date(leaseUntil), desk.now, chosen), report);
      if (presence === 'offline') desk.withdraw(report.agentId, 'agent-offline', report);
    }
    return desk.save();
  }
}

async function decide<E extends OwnRequest>(
  requests: readonly Received<E>[],
  delivery: Delivery,
  decision: (ticket: Ticket, agent: Agent, request: Received<E>, now: Date, terms: Terms, owner: Agent | undefined) => Decision,
): Promise<Draft[]> {
  const desk = await Desk.open(delivery);
  await desk.load(
    requests.map((request) => request.ticketId),
    requests.map((request) => request.data.agentId),
  );
  for (const request of requests) {
    const ticket = desk.ticket(request.ticketId);
    const agent = desk.agent(request.data.agentId);
    const decided = agent.configured
      ? decision(ticket, agent, request, desk.now, desk.termsFor(ticket), desk.ownerOf(ticket))
      : refuse(ticket, request, 'unknown-agent');
    desk.apply(decided, request);
  }
  return desk.save();
}

async function decideAround<E extends WiderRequest>(
  requests: readonly Received<E>[],
  delivery: Delivery,
  concerned: (request: E) => readonly string[],
  decision: (ticket: Ticket, request: Received<E>, around: Surroundings) => Decision,
): Promise<Draft[]> {
  const desk = await Desk.open(delivery);
  await desk.load(
    requests.map((request) => request.ticketId),
    requests.flatMap(concerned),
  );
  const fixed = {
    now: desk.now,
    agentOf: (agentId: string) => desk.agent(agentId),
    knowsQueue: (queueId: string) => desk.queue(queueId) !== undefined,
  };
  for (const request of requests) {
    const ticket = desk.ticket(request.ticketId);
    desk.apply(decision(ticket, request, { ...fixed, terms: desk.termsFor(ticket), offerId: randomUUID() }), request);
  }
  return desk.save();
}
