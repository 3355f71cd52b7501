import {
  unitsOf,
  type AgentConfig,
  type AssignmentEvent,
  type Channel,
  type Priority,
  type Received,
  type RoutingPolicy,
  type TicketSnapshot,
} from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import type { Pause } from './learning.js';
import { overAgeFrom, priorityDeltaOf, skillsAsked } from './requirements.js';
import type { WaitingTicket } from './waiting-ticket.js';

/** What each topic said about a ticket, one part per topic, so that the order between topics does not matter. Instants in ms. */
export interface TicketFacts {
  received?: { at: number; channel: Channel; automatic: boolean };
  enriched?: {
    category: string | null;
    complexity: number;
    priority: Priority;
    language: string | null;
    tier: string | null;
    wantsHuman: boolean;
    recentAgentIds: string[];
    /** The classifier was away; a better record follows. */
    unclassified: boolean;
  };
  verdict?: { kind: 'answer' | 'none'; at: number };
  assignment?: TicketSnapshot;
  /** Set when assignment refused the proposed answer: from then on a person is wanted. */
  answerRefused?: boolean;
  /** Proposals rejected one after the other, and until when the ticket is not decided again. */
  rejections?: number;
  notBefore?: number;
  dueAt?: number | null;
  /** Since when it waits for an agent; absent = since it came. */
  waitsSince?: number;
  /** Why it waits, as was said last: the reasons' names, what kinds they are of, and when. */
  told?: { step: number; reasons: string; kind?: string; at?: number };
  /** While it waits for its customer or a third party it is nobody's work: since when, and the times before. */
  pausedAt?: number;
  pauses?: Pause[];
  /** How long it took since it came in to its last solution by an agent. */
  solvedAfterMinutes?: number;
  /** When an escalation last asked for a rescue, and since when the ticket has this owner. */
  rescueAskedAt?: number;
  ownedSince?: number;
  /** For which deadline or escalation rescues were proposed, how often, and when somebody was last looked for. */
  rescue?: { because: number; proposed: number; triedAt: number };
}

export type TicketStanding = 'unknown' | 'waiting' | 'proposed' | 'owned' | 'gone';

const RANK: Record<Priority, number> = { urgent: 0, high: 1, normal: 2, low: 3 };
/** So long an answer that was proposed may keep a ticket from being routed; then a person gets it, and assignment refuses the answer. */
const RELEASE_WAIT_MS = 2_000;

export const priorityOf = (facts: TicketFacts): Priority => facts.assignment?.priorityOverride ?? facts.enriched?.priority ?? 'normal';
export const priorityRankOf = (facts: TicketFacts): number => RANK[priorityOf(facts)];
export const firstQueuedAtOf = (facts: TicketFacts): number | undefined =>
  facts.assignment ? Date.parse(facts.assignment.firstQueuedAt) : facts.received?.at;

/** Whether the ticket wants an agent. Only assignment says who owns it; before it has spoken, a received ticket is new. */
export function standingOf(facts: TicketFacts, hasProposal: boolean): TicketStanding {
  if (!facts.received) return 'unknown';
  const snapshot = facts.assignment;
  if (snapshot?.agentId) return snapshot.status === 'solved' || snapshot.status === 'closed' ? 'gone' : 'owned';
  if (snapshot && (snapshot.offer || !['new', 'open'].includes(snapshot.status))) return 'gone';
  return hasProposal ? 'proposed' : 'waiting';
}

/** Open and nobody's, also while it is offered to somebody. */
const wantsAgent = ({ agentId, status }: TicketSnapshot): boolean => agentId === null && (status === 'new' || status === 'open');

/** Since when (ms) the ticket waits for an agent; undefined = it does not. */
export function waitsSinceOf(facts: TicketFacts): number | undefined {
  if (!facts.received || (facts.assignment && !wantsAgent(facts.assignment))) return undefined;
  return facts.waitsSince ?? firstQueuedAtOf(facts);
}

/**
 * A wait begins when the ticket comes, is released, reopened, answered by its customer or handed to another queue, and ends with an owner.
 * @returns since when it waits if that begins with this word of assignment's, and how long (ms) it waited if that ends with an owner
 */
export function waitChange(before: TicketFacts, after: TicketSnapshot, at: number): { begins?: number; lasted?: number } {
  const since = waitsSinceOf(before);
  if (after.agentId !== null) return since === undefined ? {} : { lasted: Math.max(0, at - since) };
  if (!wantsAgent(after) || !before.assignment) return {};
  // An older relaxFrom comes with a ticket that was merged in: the wait goes on.
  const anew = !wantsAgent(before.assignment) || Date.parse(before.assignment.relaxFrom) < Date.parse(after.relaxFrom);
  return anew ? { begins: at } : {};
}

const PAUSES_MAX = 50;
/** What a word of assignment's changes about the ticket's pauses. */
export function pausesOf(
  { pausedAt, pauses = [] }: TicketFacts,
  { agentId, status }: TicketSnapshot,
  at: number,
): Pick<TicketFacts, 'pausedAt' | 'pauses'> {
  if (agentId !== null && (status === 'pending' || status === 'on-hold')) return { pausedAt: pausedAt ?? at };
  if (pausedAt === undefined) return {};
  return { pausedAt: undefined, pauses: [...pauses, { from: pausedAt, until: at }].slice(-PAUSES_MAX) };
}

/**
 * The instant (ms) from which a round may take the ticket: enriched and with the knowledge base's verdict, or when the policy's patience
 * with either has run out. Urgent tickets and those who want a person do not wait for a verdict.
 */
export function readyAtOf(facts: TicketFacts, patience: { answerWaitMs: number; enrichmentWaitMs: number }): number | undefined {
  if (!facts.received) return undefined;
  const { at } = facts.received;
  const reRouted = facts.assignment !== undefined && facts.assignment.epoch > 1;
  // Enriched without a category (the classifier is away) is worth a little more patience, like not enriched at all.
  const enrichedBy = facts.enriched && !facts.enriched.unclassified ? at : at + patience.enrichmentWaitMs;
  const hurried = facts.answerRefused || reRouted || facts.enriched?.wantsHuman || priorityOf(facts) === 'urgent';
  const verdictBy =
    hurried || facts.verdict?.kind === 'none' ? at : facts.verdict ? facts.verdict.at + RELEASE_WAIT_MS : at + patience.answerWaitMs;
  return Math.max(enrichedBy, verdictBy, facts.notBefore ?? 0);
}

/** Since when (ms) the ticket has this owner without having been over meanwhile: a word of assignment's that begins it, else undefined. */
export function ownedSinceOf({ type, at, data }: Received<AssignmentEvent>): number | undefined {
  if (type === 'TicketAssigned') return Date.parse(data.assignedAt);
  return type === 'TicketReopened' ? at.getTime() : undefined;
}

/** An escalation has asked for it since the ticket has this owner: whatever the deadline, and whatever the policy says. */
export const isRescueAsked = ({ rescueAskedAt, ownedSince = 0 }: TicketFacts): boolean =>
  rescueAskedAt !== undefined && rescueAskedAt >= ownedSince;
/** What the ticket is to be rescued for: the escalation, else the deadline. */
export const rescueBecause = (facts: TicketFacts): number | undefined =>
  isRescueAsked(facts) ? facts.rescueAskedAt : (facts.dueAt ?? undefined);

/** A rescue is tried so often for one deadline or escalation. */
const RESCUES_MAX = 3;
const RESCUE_AGAIN_MS = 30_000;
/**
 * From when (ms) an owned ticket may be offered to somebody else: open, nothing on its way, not tried a moment ago, and not too often for
 * this cause. Undefined = not.
 */
export function rescueAtOf(facts: TicketFacts, hasProposal: boolean): number | undefined {
  const { assignment, rescue } = facts;
  if (hasProposal || !assignment?.agentId || assignment.offer || assignment.status !== 'open') return undefined;
  const because = rescueBecause(facts);
  if (because === undefined) return undefined;
  if (rescue?.because !== because) return 0;
  return rescue.proposed < RESCUES_MAX ? rescue.triedAt + RESCUE_AGAIN_MS : undefined;
}

/** The place of the ticket's priority in the order of a round, raised by the steps that have come. */
export function orderRankOf(facts: TicketFacts, policy: RoutingPolicy | undefined, now: Date): number {
  const firstQueuedAt = firstQueuedAtOf(facts);
  if (policy === undefined || firstQueuedAt === undefined) return priorityRankOf(facts);
  const relaxFrom = facts.assignment ? Date.parse(facts.assignment.relaxFrom) : firstQueuedAt;
  return Math.max(0, priorityRankOf(facts) - priorityDeltaOf({ relaxFrom }, policy, now));
}

/** From when (ms) the ticket is past its priority's maximum age. */
export function overAgeAtOf(facts: TicketFacts, policy: RoutingPolicy | undefined): number | undefined {
  const firstQueuedAt = firstQueuedAtOf(facts);
  return policy && firstQueuedAt !== undefined ? overAgeFrom({ firstQueuedAt, priority: priorityOf(facts) }, policy) : undefined;
}

/** A rejected proposal is decided again after so long: by then the agent's record usually shows why. Each further time twice that, */
const REJECTED_WAIT_MS = 50;
/** up to this: what the records do not show (a lease that has run out) must not be proposed for ever. */
const REJECTED_WAIT_MAX_MS = 5_000;
/** Facts after a proposal was rejected: when the ticket may be decided again. */
export function rejectedAt(facts: TicketFacts, now: Date): Pick<TicketFacts, 'rejections' | 'notBefore'> {
  const rejections = (facts.rejections ?? 0) + 1;
  return { rejections, notBefore: now.getTime() + Math.min(REJECTED_WAIT_MAX_MS, REJECTED_WAIT_MS * 2 ** (rejections - 1)) };
}

export function queueIdOf({ enriched, assignment }: TicketFacts, config: ConfigurationSnapshot): string {
  const category = enriched?.category ?? null;
  const company = [...config.all('company').values()][0];
  return (
    assignment?.queueOverride ??
    (category === null ? undefined : config.find('category', category)?.queue) ??
    company?.defaultQueue ??
    'general'
  );
}

/** By the agents of a bundle, which keeps its objects. */
const skillsIn = new WeakMap<ReadonlyMap<string, AgentConfig>, ReadonlySet<string>>();
/** Those of these skills that no configured agent has; none where the configuration names no agents. */
function unknownOf(skills: Iterable<string>, config: ConfigurationSnapshot): string[] | undefined {
  const agents = config.all('agent');
  if (agents.size === 0) return undefined;
  let known = skillsIn.get(agents);
  if (!known) skillsIn.set(agents, (known = new Set([...agents.values()].flatMap((agent) => Object.keys(agent.skills)))));
  const unknown = [...skills].filter((skill) => !known.has(skill)).sort();
  return unknown.length === 0 ? undefined : unknown;
}

/** The ticket as a round sees it, with the queue and the units its configuration gives. */
export function waitingTicketOf(ticketId: string, facts: TicketFacts, config: ConfigurationSnapshot): WaitingTicket {
  const { received, enriched, assignment } = facts;
  const queueId = queueIdOf(facts, config);
  const channel = received!.channel;
  const queue = config.find('queue', queueId);
  const firstQueuedAt = firstQueuedAtOf(facts)!;
  const category = enriched?.category ?? null;
  const complexity = enriched?.complexity ?? 1;
  const extraSkills = assignment?.extraSkills ?? {};
  const asked = skillsAsked({ complexity, extraSkills }, category === null ? undefined : config.find('category', category));
  return {
    ticketId,
    category,
    complexity,
    priority: priorityOf(facts),
    language: enriched?.language ?? null,
    channel,
    tier: enriched?.tier ?? null,
    queueId,
    units: queue ? unitsOf(queue, channel, enriched?.complexity ?? null) : 1,
    epoch: assignment?.epoch ?? 1,
    firstQueuedAt,
    relaxFrom: assignment ? Date.parse(assignment.relaxFrom) : firstQueuedAt,
    excludedAgentIds: assignment?.excludedAgentIds ?? [],
    extraSkills,
    unknownSkills: unknownOf(asked.keys(), config),
    recentAgentIds: enriched?.recentAgentIds ?? [],
    dueAt: facts.dueAt ?? null,
    unenriched: enriched === undefined,
    interruptible: queue?.interruptible?.includes(channel) ?? false,
    ownerAgentId: assignment?.agentId ?? null,
  };
}
