import { CategoryConfig, RoutingPolicy } from '@signalbox/contracts';
import { Learned, logMinutes, nothingObserved, type ObservedCell } from '../src/domain/learning.js';
import type { MatchPolicy } from '../src/domain/match.js';
import { NOTHING_PASSING, type CandidateAgent, type Passing, type WaitingTicket } from '../src/domain/waiting-ticket.js';

export const NOW = new Date('2026-11-24T09:00:00.000Z');
export const ago = (minutes: number): number => NOW.getTime() - minutes * 60_000;

/** A ticket that came this instant and asks for nothing. */
export function aTicket(ticketId: string, fields: Partial<WaitingTicket> = {}): WaitingTicket {
  return {
    ticketId,
    category: null,
    complexity: 1,
    priority: 'normal',
    language: null,
    channel: 'web',
    tier: null,
    queueId: 'general',
    units: 1,
    epoch: 1,
    firstQueuedAt: ago(0),
    relaxFrom: ago(0),
    excludedAgentIds: [],
    extraSkills: {},
    recentAgentIds: [],
    dueAt: null,
    unenriched: false,
    interruptible: false,
    ownerAgentId: null,
    ...fields,
  };
}

/** An agent of the queue `general` with room for four units. */
export function anAgent(agentId: string, fields: Partial<CandidateAgent> = {}): CandidateAgent {
  return {
    agentId,
    agentVersion: 1,
    presence: 'online',
    inRotation: true,
    skills: {},
    languages: {},
    queueIds: ['general'],
    unitsMax: 4,
    channelUnitsMax: {},
    unitsUsed: 0,
    interruptibleUnitsMax: null,
    interruptibleUnitsUsed: 0,
    channelUnitsUsed: {},
    idleSince: null,
    lastAssignedAt: null,
    shiftEndsAt: null,
    work: [],
    ...fields,
  };
}

export const aPolicy = (fields: Record<string, unknown> = {}): RoutingPolicy =>
  RoutingPolicy.parse({
    weights: { standard: { skill: 1, language: 0.4, workload: 0.6, idle: 0.3, speed: 0.5, satisfaction: 0.6, slaPressure: 0.4 } },
    maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 },
    ...fields,
  });

export const aCategory = (fields: Record<string, unknown> = {}): CategoryConfig =>
  CategoryConfig.parse({ title: 'A category', queue: 'general', ...fields });

export const decidingBy = ({
  policy = aPolicy(),
  categories = {},
  learned = new Learned([], 8),
}: { policy?: RoutingPolicy; categories?: Record<string, CategoryConfig>; learned?: Learned } = {}): MatchPolicy => ({
  policy,
  categories: new Map(Object.entries(categories)),
  learned,
});

/** Twelve tickets of a category, each in so many minutes, none of which came back. */
export function aCell(agentId: string, category: string, minutes: number, fields: Partial<ObservedCell> = {}): ObservedCell {
  const tickets = fields.tickets ?? 12;
  const sums = { tickets, logMinutesSum: tickets * logMinutes(minutes), minutesSum: tickets * minutes };
  return { ...nothingObserved(agentId, category), ...sums, ...fields };
}

export const passing = (agents: Record<string, Partial<Passing>>): Map<string, Passing> =>
  new Map(Object.entries(agents).map(([agentId, fields]) => [agentId, { ...NOTHING_PASSING, ...fields }]));
