import { Controller, Inject } from '@nestjs/common';
import {
  AgentState,
  AnswerRefused,
  AnswerReleased,
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  ProposalRejected,
  ReplyReleased,
  RequestRefused,
  SatisfactionRated,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  type Draft,
  type LoadChange,
  type Received,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { logMinutes } from './domain/learning.js';
import { learnFrom } from './performance.js';
import { ProposalStore, type ProposalAnswer } from './proposal.store.js';
import { Rounds } from './rounds.js';
import { TicketStore } from './ticket.store.js';

/** A rejected proposal is decided again after so long: by then the agent's record usually shows why it was rejected. */
const REJECTED_WAIT_MS = 50;

type AssignmentEvent = Received<Draft> & {
  ticketId: string;
  data: { ticket: TicketSnapshot; load?: LoadChange | undefined; proposalId?: string };
};

/** What assignment says is the fact: owner, status, epoch, exclusions, and whether a proposal was taken. */
@Controller()
export class AssignmentConsumer {
  constructor(@Inject(Rounds) private readonly rounds: Rounds) {}

  @On(OfferMade)
  onOfferMade(events: readonly Received<OfferMade>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(OfferDeclined)
  onOfferDeclined(events: readonly Received<OfferDeclined>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(OfferExpired)
  onOfferExpired(events: readonly Received<OfferExpired>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(OfferRescinded)
  onOfferRescinded(events: readonly Received<OfferRescinded>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(TicketAssigned)
  onTicketAssigned(events: readonly Received<TicketAssigned>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(ProposalRejected)
  onProposalRejected(events: readonly Received<ProposalRejected>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(TicketReleased)
  onTicketReleased(events: readonly Received<TicketReleased>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(AnswerReleased)
  onAnswerReleased(events: readonly Received<AnswerReleased>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(AnswerRefused)
  onAnswerRefused(events: readonly Received<AnswerRefused>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(ReplyReleased)
  onReplyReleased(events: readonly Received<ReplyReleased>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(StatusChanged)
  onStatusChanged(events: readonly Received<StatusChanged>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(TicketReopened)
  onTicketReopened(events: readonly Received<TicketReopened>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(TicketClosed)
  onTicketClosed(events: readonly Received<TicketClosed>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }
  @On(RequestRefused)
  onRequestRefused(events: readonly Received<RequestRefused>[], delivery: Delivery): Promise<void> {
    return this.#project(events, delivery);
  }

  /** Solved tickets are what routing learns from: minutes from assignment to solution, credited to who solved it. */
  @On(TicketSolved)
  async onTicketSolved(events: readonly Received<TicketSolved>[], delivery: Delivery): Promise<Draft[]> {
    await this.#project(events, delivery);
    const solved = events.flatMap(({ ticketId, data }) => {
      if (data.agentId === null || data.assignedAt === null || data.how !== 'agent') return [];
      const minutes = (Date.parse(data.solvedAt) - Date.parse(data.assignedAt)) / 60_000;
      return [{ ticketId, agentId: data.agentId, logMinutes: logMinutes(minutes) }];
    });
    await new AgentStore(delivery.tx).solved(solved);
    const rows = await new TicketStore(delivery.tx).load(solved.map((one) => one.ticketId));
    return learnFrom(rows.values(), delivery);
  }

  @On(SatisfactionRated)
  async onSatisfactionRated(events: readonly Received<SatisfactionRated>[], delivery: Delivery): Promise<void> {
    await new AgentStore(delivery.tx).rate(events.map(({ ticketId, data }) => ({ ticketId, satisfied: data.score >= 4 })));
  }

  @On(AgentState)
  async onAgentState(events: readonly Received<AgentState>[], { tx }: Delivery): Promise<void> {
    await new AgentStore(tx).save(events.map(({ agentId, data }) => ({ agentId, state: data })));
    await new ProposalStore(tx).caughtUp(events.map(({ agentId, data }) => ({ agentId, agentVersion: data.agentVersion })));
    this.rounds.ask();
  }

  async #project(events: readonly AssignmentEvent[], { tx, now, config }: Delivery): Promise<void> {
    const store = new TicketStore(tx);
    const rows = await store.load(events.map((event) => event.ticketId));
    const answers: ProposalAnswer[] = [];
    for (const { type, ticketId, data, version } of events) {
      const row = rows.get(ticketId)!;
      // One handler call has one type; another type's newer snapshot may have come before it in the same unit.
      if ((row.facts.assignmentVersion ?? 0) > version) continue;
      // Steps begin anew with relaxFrom, and are said anew.
      const anew = row.facts.assignment !== undefined && row.facts.assignment.relaxFrom !== data.ticket.relaxFrom;
      row.facts = { ...row.facts, assignment: data.ticket, assignmentVersion: version, ...(anew && { told: undefined }) };
      const taken = type === 'OfferMade' || type === 'TicketAssigned';
      if ((taken || type === 'ProposalRejected') && data.proposalId !== undefined) {
        answers.push({ ticketId, proposalId: data.proposalId, agentVersion: taken ? (data.load?.agentVersion ?? null) : null });
        if (row.proposalId === data.proposalId) row.proposalId = null;
      }
      if (type === 'ProposalRejected') row.facts.notBefore = now.getTime() + REJECTED_WAIT_MS;
      if (type === 'AnswerRefused') row.facts.answerRefused = true;
      row.nextTryAt = null;
    }
    await new AgentStore(tx).roomChanged(await new ProposalStore(tx).answered(answers));
    await store.save([...rows.values()], config);
    if (answers.some((one) => one.agentVersion === null)) this.rounds.askAt(now.getTime() + REJECTED_WAIT_MS, now);
    this.rounds.ask();
  }
}
