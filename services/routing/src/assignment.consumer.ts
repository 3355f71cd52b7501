import { Controller, Inject } from '@nestjs/common';
import {
  AgentPerformance,
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
import { ProposalStore } from './proposal.store.js';
import { Rounds } from './rounds.js';
import { TicketStore } from './ticket.store.js';

/** A rejected proposal is decided again after so long: by then the agent's record usually shows why it was rejected. */
const REJECTED_WAIT_MS = 50;

type AssignmentEvent = Received<Draft> & { ticketId: string; data: { ticket: TicketSnapshot; load?: LoadChange | undefined } };

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
    const rows = await new TicketStore(delivery.tx).load(events.map((event) => event.ticketId));
    const solved = events.flatMap(({ ticketId, data }) => {
      if (data.agentId === null || data.assignedAt === null || data.how !== 'agent') return [];
      const minutes = (Date.parse(data.solvedAt) - Date.parse(data.assignedAt)) / 60_000;
      return [
        {
          ticketId,
          agentId: data.agentId,
          category: rows.get(ticketId)?.facts.enriched?.category ?? 'unknown',
          logMinutes: Math.log(Math.max(0.05, minutes)),
        },
      ];
    });
    await new AgentStore(delivery.tx).observe(solved);
    return this.#performance([...new Set(solved.map((one) => one.agentId))], delivery);
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
    const answers: { ticketId: string; agentVersion: number | null }[] = [];
    for (const { type, ticketId, data, version } of events) {
      const row = rows.get(ticketId)!;
      // One handler call has one type; another type's newer snapshot may have come before it in the same unit.
      if ((row.facts.assignmentVersion ?? 0) > version) continue;
      row.facts = { ...row.facts, assignment: data.ticket, assignmentVersion: version };
      const taken = type === 'OfferMade' || type === 'TicketAssigned';
      if (taken || type === 'ProposalRejected') {
        answers.push({ ticketId, agentVersion: taken ? (data.load?.agentVersion ?? null) : null });
        row.proposed = false;
      }
      if (type === 'ProposalRejected') row.facts.notBefore = now.getTime() + REJECTED_WAIT_MS;
      if (type === 'AnswerRefused') row.facts.answerRefused = true;
      row.nextTryAt = null;
    }
    await new ProposalStore(tx).answered(answers);
    await store.save([...rows.values()], config);
    if (answers.some((one) => one.agentVersion === null)) this.rounds.askAt(now.getTime() + REJECTED_WAIT_MS, now);
    this.rounds.ask();
  }

  /** What was learned, for readers: the agent's own sums; the shrunk means follow from everybody's. */
  async #performance(agentIds: readonly string[], { tx, now }: Delivery): Promise<Draft[]> {
    if (agentIds.length === 0) return [];
    const rows = (await tx.query(
      'select agent_id, category, tickets, log_minutes_sum, rated, satisfied from observed where agent_id = any($1::text[]) order by 1, 2',
      [agentIds],
    )) as {
      agent_id: string;
      category: string;
      tickets: number;
      log_minutes_sum: number;
      rated: number;
      satisfied: number;
    }[];
    return agentIds.map((agentId) => {
      const own = rows.filter((row) => row.agent_id === agentId);
      return AgentPerformance(agentId, {
        snapshot: own.reduce((sum, row) => sum + row.tickets + row.rated, 0),
        categories: own.map((row) => ({
          category: row.category,
          handleMinutes: row.tickets === 0 ? 0 : Math.exp(row.log_minutes_sum / row.tickets),
          satisfactionShare: row.rated === 0 ? 0 : row.satisfied / row.rated,
          tickets: row.tickets,
        })),
        updatedAt: now.toISOString(),
      });
    });
  }
}
