import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import {
  AgentId,
  CategoryId,
  Instant,
  Priority,
  ProposalId,
  QueueId,
  Share,
  SkillId,
  SkillLevel,
  TicketId,
  Units,
  Version,
} from './fields.js';

export const RoutingTopic = topic('signalbox.routing', { writer: 'routing', says: 'proposals with their reasons; why a ticket waits' });
/** Everything needed to recompute a round to the same bytes. Keyed by matching domain. */
export const RoutingRoundsTopic = topic('signalbox.routing-rounds', { writer: 'routing', says: 'every round, replayable' });
export const PerformanceTopic = topic('signalbox.performance', {
  writer: 'routing',
  compacted: true,
  says: 'what was learned about each agent',
});

/** One signal's part in a score: `contribution = weight × value`. */
export const Factor = z.object({ signal: z.string().max(40), value: Share, weight: Share, contribution: z.number() });
export type Factor = z.infer<typeof Factor>;
export const ScoredAgent = z.object({ agentId: AgentId, score: z.number(), factors: z.array(Factor).max(20) });
export type ScoredAgent = z.infer<typeof ScoredAgent>;
/** Why agents were left out, counted: `{ reason: 'skill accounting < 3', agents: 9 }`. */
export const Exclusion = z.object({ reason: z.string().max(120), agents: z.int().min(0) });
export type Exclusion = z.infer<typeof Exclusion>;
export const PolicyRef = z.object({ name: z.string().max(80), version: Version });
export type PolicyRef = z.infer<typeof PolicyRef>;

/** This ticket to this agent, and why. Sent again with the same proposalId when nobody answered; never decided anew under it. */
export const AssignmentProposed = event(RoutingTopic, 'AssignmentProposed', by.ticketId, {
  proposalId: ProposalId,
  agentId: AgentId,
  /** The ticket's epoch this decision was made for; a later hand-over makes it void. */
  epoch: Version,
  queueId: QueueId,
  units: Units,
  /** What it was treated as, by enrichment's, a person's or an escalation's word. */
  priority: Priority.optional(),
  /** Demanded beside the category's, by an escalation or a transfer. */
  extraSkills: z.record(SkillId, SkillLevel).optional(),
  domain: z.string().max(80),
  round: z.int().min(1),
  step: z.int().min(0),
  policy: PolicyRef,
  weights: z.string().max(40),
  top: z.array(ScoredAgent).max(5),
  excluded: z.array(Exclusion).max(30),
  /** True when routing could not wait for enrichment any longer. */
  unenriched: z.boolean(),
  /** Required, though no configured agent has them: decided as if they were not. */
  unknownSkills: z.array(SkillId).max(100).optional(),
  /** The ticket this one's best agent went to in the same round. */
  yieldedTo: z.string().max(80).optional(),
  /** Decided without what was learned of single agents, to measure what that is worth. */
  heldOut: z.boolean().optional(),
  /**
   * In how many of 32 draws of what was tried out the agent was the best of `top` for this ticket alone, at least in one; absent = in all, or
   * nothing was. What the round's other tickets took (`yieldedTo`) is not in it: that would need the round solved again for every draw.
   */
  propensity: Share.optional(),
  /** The ticket has an owner who may miss its deadline: assignment offers it, and the owner keeps it until this agent has accepted. */
  rescue: z.boolean().optional(),
  /** The agent asked for it (NextRequested): it is theirs at once, also on channels that ask. */
  pulled: z.boolean().optional(),
  proposedAt: Instant,
});
export type AssignmentProposed = EventOf<typeof AssignmentProposed>;

export const TicketQueued = event(RoutingTopic, 'TicketQueued', by.ticketId, {
  queueId: QueueId,
  step: z.int().min(0),
  reasons: z.array(Exclusion).max(30),
  nextStepAt: Instant.optional(),
  policy: PolicyRef.optional(),
  queuedAt: Instant,
});
export type TicketQueued = EventOf<typeof TicketQueued>;

/** Why nothing that waits is for an agent, counted over the tickets looked at: `{ reason: 'accounting below 3', tickets: 4 }`. */
const whyNotTheirs = z.array(z.object({ reason: z.string().max(120), tickets: z.int().min(1) })).max(30);

/** The one outcome of a NextRequested: the ticket that was proposed, or why there is none. Caused by the request. */
export const NextAnswered = event(RoutingTopic, 'NextAnswered', by.agentId, {
  requestId: z.string().max(200),
  proposalId: ProposalId.optional(),
  ticketId: TicketId.optional(),
  why: z.enum(['nothing-waits', 'nothing-fits', 'no-room', 'agent-not-online', 'out-of-rotation']).optional(),
  reasons: whyNotTheirs.optional(),
  /** With 'nothing-fits': how many tickets that wait were looked at. */
  waiting: z.int().min(0).optional(),
  /** True: as many as a round takes were looked at, and more may wait. */
  bounded: z.boolean().optional(),
  policy: PolicyRef.optional(),
  answeredAt: Instant,
});
export type NextAnswered = EventOf<typeof NextAnswered>;

/** The one outcome of a WhyIdleRequested, by what the round that answers it has left waiting. Nothing is decided by it. */
export const IdleExplained = event(RoutingTopic, 'IdleExplained', by.agentId, {
  requestId: z.string().max(200),
  /** What keeps them from any ticket; 'nothing-fits': see `reasons`. */
  why: z.enum([
    'unknown-agent',
    'offline',
    'away',
    'not-on-shift',
    'out-of-rotation',
    'shift-ends',
    'fairness-cap',
    'no-room',
    'nothing-waits',
    'nothing-fits',
  ]),
  reasons: whyNotTheirs.optional(),
  /** How many tickets that wait were looked at. */
  waiting: z.int().min(0),
  /** True: as many as a round takes were looked at, and more may wait. */
  bounded: z.boolean(),
  /** Tickets proposed or offered to them just now, and not theirs yet. */
  onTheWay: z.int().min(0),
  explainedAt: Instant,
});
export type IdleExplained = EventOf<typeof IdleExplained>;

export const RequirementsRelaxed = event(RoutingTopic, 'RequirementsRelaxed', by.ticketId, {
  step: z.int().min(1),
  relaxed: z.string().max(300),
  why: z.enum(['waited', 'nobody-staffed', 'nobody-online']),
  policy: PolicyRef.optional(),
  relaxedAt: Instant,
});
export type RequirementsRelaxed = EventOf<typeof RequirementsRelaxed>;

/** How tickets of a queue fared that helps others out, as a rule of overflow looks at it. */
export const DonorLevel = z.object({
  queueId: QueueId,
  withinMinutes: z.number(),
  overMinutes: z.number(),
  /** Given to an agent within the last `overMinutes`, and those of them that had waited no longer than `withinMinutes`. */
  assigned: z.int().min(0),
  assignedWithin: z.int().min(0),
  /** Still waiting, and for longer than `withinMinutes`. */
  waitingLonger: z.int().min(0),
});
export type DonorLevel = z.infer<typeof DonorLevel>;

export const RoundRecorded = event(RoutingRoundsTopic, 'RoundRecorded', by.domain, {
  round: z.int().min(1),
  now: Instant,
  seed: z.int(),
  /** True: `agents` are all there are. False: those that changed since the record before. `tickets` are always all that the round took. */
  checkpoint: z.boolean(),
  tickets: z.array(z.record(z.string(), z.unknown())),
  agents: z.array(z.record(z.string(), z.unknown())),
  removedTicketIds: z.array(z.string()),
  removedAgentIds: z.array(z.string()),
  policy: PolicyRef,
  configuration: Version,
  /** The one agent who asked for their next ticket: a round of them alone, which gives one ticket at most. */
  onlyAgentId: AgentId.optional(),
  /**
   * Keys `kind/name@version` of the records of `configuration` decided by; present in a checkpoint, and the first time an instance decides by
   * that one.
   */
  members: z.array(z.string().max(200)).max(5_000).optional(),
  performanceSnapshot: Version,
  /** Present when the policy's overflow looks at service levels. */
  donors: z.array(DonorLevel).max(2_000).optional(),
  proposals: z.array(z.object({ ticketId: z.string(), agentId: AgentId, score: z.number() })),
});
export type RoundRecorded = EventOf<typeof RoundRecorded>;

const cell = z.object({
  agentId: AgentId,
  category: z.string().max(120),
  tickets: z.number(),
  logMinutesSum: z.number(),
  minutesSum: z.number(),
  returned: z.number(),
  rated: z.number(),
  satisfied: z.number(),
});
const load = z.object({ agentId: AgentId, perMinute: z.number(), busyShare: z.number(), atMs: z.number() });
/** What rounds from here on know of agents' performance: sums from which every mean is computed. Those that changed since the one before. */
export const PerformanceRecorded = event(RoutingRoundsTopic, 'PerformanceRecorded', by.domain, {
  snapshot: Version,
  /** Loads fade; they count as they stood at this instant. */
  asOf: Instant,
  /** True: all there is. */
  checkpoint: z.boolean(),
  cells: z.array(cell),
  loads: z.array(load),
  /** Tickets that came back, and the minutes that took them, together. */
  returns: z.object({ tickets: z.number(), minutes: z.number() }),
  /** A large one comes in several events of one number; this is the last. */
  complete: z.boolean(),
});
export type PerformanceRecorded = EventOf<typeof PerformanceRecorded>;

const learned = z.object({
  category: CategoryId,
  /** Shrunk posterior means; the pair's own observations are `tickets`. */
  handleMinutes: z.number().min(0),
  satisfactionShare: Share,
  tickets: z.int().min(0),
});
export const AgentPerformance = event(PerformanceTopic, 'AgentPerformance', by.agentId, {
  snapshot: Version,
  categories: z.array(learned).max(200),
  updatedAt: Instant,
  removed: z.boolean().optional(),
});
export type AgentPerformance = EventOf<typeof AgentPerformance>;
