import { Controller, Inject } from '@nestjs/common';
import {
  AnswerProposed,
  AnswerRefused,
  AnswerReleased,
  ClocksChanged,
  NoAnswer,
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  ProposalRejected,
  ReplyReleased,
  RequestRefused,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketEnriched,
  TicketEscalated,
  TicketMerged,
  TicketMergedIn,
  TicketReceived,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  TicketTransferred,
  type Received,
  type AssignmentEvent,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { isHeldOut } from './domain/chance.js';
import { NO_CATEGORY } from './domain/learning.js';
import { domainOfTicket } from './domain/matching-domain.js';
import {
  ownedSinceOf,
  pausesOf,
  queueIdOf,
  readyAtOf,
  rejectedAt,
  standingOf,
  waitChange,
  type TicketFacts,
} from './domain/ticket-facts.js';
import { DonorStore, type Wait } from './donor.store.js';
import { ExperienceStore, type Sample, type Solved } from './experience.store.js';
import { Matching } from './matching.js';
import { ProposalStore, type ProposalAnswer } from './proposal.store.js';
import { activePolicy, donorsIn, memoryOf, patienceOf, TicketStore, type TicketRow } from './ticket.store.js';

type FactEvent = TicketReceived | TicketEnriched | AnswerProposed | NoAnswer | ClocksChanged | TicketEscalated;

/** What others say about a ticket. One handler: a ticket's row is locked and written once a unit, however much was said. */
@Controller()
export class TicketConsumer {
  constructor(@Inject(Matching) private readonly matching: Matching) {}

  @On(
    TicketReceived,
    TicketEnriched,
    AnswerProposed,
    NoAnswer,
    ClocksChanged,
    TicketEscalated,
    OfferMade,
    OfferDeclined,
    OfferExpired,
    OfferRescinded,
    TicketAssigned,
    ProposalRejected,
    TicketReleased,
    TicketTransferred,
    AnswerReleased,
    AnswerRefused,
    ReplyReleased,
    StatusChanged,
    TicketSolved,
    TicketReopened,
    TicketClosed,
    TicketMerged,
    TicketMergedIn,
    RequestRefused,
  )
  async onTicketEvent(events: readonly Received<FactEvent | AssignmentEvent>[], delivery: Delivery): Promise<void> {
    const { tx, now, config } = delivery;
    const store = new TicketStore(tx);
    const rows = await store.load(events.map((event) => event.ticketId));
    const answers: ProposalAnswer[] = [];
    const outcomes: Received<TicketSolved | TicketReopened>[] = [];
    const handedOn: { agentId: string; category: string }[] = [];
    const learnable = new Set<TicketRow>();
    const samples: Sample[] = [];
    const donors = donorsIn(config);
    const waits: Wait[] = [];
    for (const event of events) {
      const row = rows.get(event.ticketId)!;
      row.nextTryAt = null;
      if (event.type === 'TicketEnriched') learnable.add(row);
      if (event.type === 'TicketSolved' || event.type === 'TicketReopened') outcomes.push(event);
      // A supervisor's transfer says nothing about the owner.
      if (event.type === 'TicketTransferred' && event.data.byAgentId !== null && event.data.byAgentId === event.data.from.agentId)
        handedOn.push({ agentId: event.data.byAgentId, category: row.facts.enriched?.category ?? NO_CATEGORY });
      if (event.type === 'TicketSolved') samples.push(...sample(row, event, config));
      const part = partOf(event);
      if (part) row.facts = { ...row.facts, ...part };
      else {
        const said = event as Received<AssignmentEvent>;
        const { lasted, begins } = waitChange(row.facts, said.data.ticket, said.at.getTime());
        if (begins !== undefined) row.facts = { ...row.facts, waitsSince: begins };
        answers.push(...this.#project(row, said, now));
        if (lasted === undefined || donors.size === 0) continue;
        const queueId = queueIdOf(row.facts, config);
        if (donors.has(queueId)) waits.push({ queueId, at: said.at, minutes: lasted / 60_000 });
      }
    }
    const agents = new AgentStore(tx);
    const freed = await new ProposalStore(tx).answered(answers);
    const roomier = await agents.roomChanged(freed);
    await store.save([...rows.values()], config, now);
    await new DonorStore(tx).waited(waits);
    this.#askRounds([...rows.values()], roomier, delivery);
    const experience = new ExperienceStore(tx);
    const { memoryTickets, returnsWithinDays } = memoryOf(config);
    await experience.credit([...learnable].flatMap(categoryOf), memoryTickets);
    for (const part of oneSolutionEach(outcomes)) {
      const solved = part.filter((event) => event.type === 'TicketSolved');
      await experience.solved(solved.flatMap((event) => solvedBy(event, rows.get(event.ticketId)!)));
      await experience.credit(
        solved.flatMap((event) => categoryOf(rows.get(event.ticketId)!)),
        memoryTickets,
      );
      await experience.cameBack(
        part.filter((event) => event.type === 'TicketReopened'),
        memoryTickets,
        returnsWithinDays,
      );
    }
    await experience.sample(samples);
    await experience.handedOn(handedOn, memoryTickets);
  }

  /** What assignment says is the fact: owner, status, epoch, exclusions, and whether a proposal was taken. */
  #project(row: TicketRow, event: Received<AssignmentEvent>, now: Date): ProposalAnswer[] {
    const { type, ticketId, data } = event;
    // Steps begin anew with relaxFrom, and are said anew.
    const anew = row.facts.assignment !== undefined && row.facts.assignment.relaxFrom !== data.ticket.relaxFrom;
    const pauses = pausesOf(row.facts, data.ticket, event.at.getTime());
    const ownedSince = ownedSinceOf(event) ?? row.facts.ownedSince;
    row.facts = { ...row.facts, assignment: data.ticket, ...(anew && { told: undefined }), ...pauses, ownedSince };
    if (type === 'AnswerRefused') row.facts.answerRefused = true;
    if (type === 'ProposalRejected') Object.assign(row.facts, rejectedAt(row.facts, now));
    if (type === 'OfferMade' || type === 'TicketAssigned') delete row.facts.rejections;
    if (type !== 'OfferMade' && type !== 'TicketAssigned' && type !== 'ProposalRejected') return [];
    if (data.proposalId === undefined) return [];
    if (row.proposalId === data.proposalId) row.proposalId = null;
    const agentVersion = type === 'ProposalRejected' ? null : (data.load?.agentVersion ?? null);
    return [{ ticketId, proposalId: data.proposalId, agentVersion }];
  }

  /** A ticket may be ready now or by the passing of time; an agent may have more room. What changes neither needs no round. */
  #askRounds(rows: readonly TicketRow[], roomier: readonly string[], delivery: Delivery): void {
    const { now, config } = delivery;
    const patience = patienceOf(config);
    const domains = new Set(roomier);
    for (const { ticketId, facts, proposalId } of rows) {
      if (standingOf(facts, proposalId !== null) !== 'waiting') continue;
      const readyAt = readyAtOf(facts, patience)!;
      const domain = domainOfTicket(facts, config);
      if (readyAt > now.getTime()) this.matching.askAt(domain, ticketId, readyAt, now);
      else domains.add(domain);
    }
    this.matching.ask(delivery, domains);
  }
}

/** Each topic fills its own part of the facts; undefined = assignment's, which is more than a part. */
function partOf(event: Received<FactEvent | AssignmentEvent>): Partial<TicketFacts> | undefined {
  switch (event.type) {
    case 'TicketReceived': {
      const { receivedAt, channel, automatic } = event.data;
      return { received: { at: Date.parse(receivedAt), channel, automatic: automatic ?? false } };
    }
    case 'TicketEnriched': {
      const { category, complexity, priority, language, customer, wantsHuman, missing } = event.data;
      return {
        enriched: {
          category: category.value,
          complexity: complexity.value,
          priority: priority.value,
          language: language.value,
          tier: customer.tier ?? null,
          wantsHuman: wantsHuman.value,
          recentAgentIds: customer.recentAgentIds,
          unclassified: missing.includes('classifier'),
        },
      };
    }
    case 'AnswerProposed':
      return { verdict: { kind: 'answer', at: Date.parse(event.data.decidedAt) } };
    case 'NoAnswer':
      return { verdict: { kind: 'none', at: Date.parse(event.data.decidedAt) } };
    case 'ClocksChanged': {
      // A missed deadline stays one until what was due is done.
      const due = event.data.clocks
        .filter((clock) => (clock.status === 'running' || clock.status === 'breached') && clock.dueAt !== null)
        .map((clock) => Date.parse(clock.dueAt!));
      return { dueAt: due.length === 0 ? null : Math.min(...due) };
    }
    case 'TicketEscalated':
      return event.data.offerRescue ? { rescueAskedAt: event.at.getTime() } : {};
    default:
      return undefined;
  }
}

/** In parts, in order: a ticket that came back and was solved again is credited for each of its solutions, also when all is told at once. */
function oneSolutionEach(outcomes: readonly Received<TicketSolved | TicketReopened>[]): Received<TicketSolved | TicketReopened>[][] {
  const parts: Received<TicketSolved | TicketReopened>[][] = [];
  let told = new Set<string>();
  for (const event of outcomes) {
    if (parts.length === 0 || (event.type === 'TicketSolved' && told.has(event.ticketId))) {
      parts.push([]);
      told = new Set();
    }
    parts.at(-1)!.push(event);
    told.add(event.ticketId);
  }
  return parts;
}

/** A ticket's category once enrichment has spoken; until then nothing can be credited. */
const categoryOf = ({ ticketId, facts: { enriched } }: TicketRow): { ticketId: string; category: string }[] =>
  enriched === undefined ? [] : [{ ticketId, category: enriched.category ?? NO_CATEGORY }];

/** For the gain of learning. */
function sample(row: TicketRow, { data, ticketId }: Received<TicketSolved>, config: Delivery['config']): Sample[] {
  const learning = activePolicy(config)?.policy.learning;
  const { received, solvedAfterMinutes: insteadOf } = row.facts;
  if (data.how !== 'agent' || !received || !learning) return [];
  const minutes = Math.max(0, Date.parse(data.solvedAt) - received.at) / 60_000;
  row.facts = { ...row.facts, solvedAfterMinutes: minutes };
  return [{ heldOut: isHeldOut(ticketId, learning.holdoutShare), minutes, insteadOf }];
}

/** Solved tickets are what routing learns from, credited to who solved them. */
function solvedBy({ ticketId, data }: Received<TicketSolved>, { facts: { pauses = [] } }: TicketRow): Solved[] {
  if (data.agentId === null || data.assignedAt === null || data.how !== 'agent') return [];
  return [{ ticketId, agentId: data.agentId, assignedAt: new Date(data.assignedAt), solvedAt: new Date(data.solvedAt), pauses }];
}
