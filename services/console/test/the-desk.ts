import {
  AgentState,
  ArticlesSuggested,
  AssignmentProposed,
  ClocksChanged,
  ClocksExplained,
  MessageReceived,
  OfferMade,
  ReplyReleased,
  StatusChanged,
  TicketAssigned,
  TicketEnriched,
  TicketQueued,
  TicketReceived,
  TicketSolved,
  type Draft,
  type Presence,
  type Priority,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { snapshot } from './the-story.js';

export const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

export interface OnDesk {
  readonly ticketId: string;
  readonly number: number;
  readonly subject: string;
  readonly text: string;
  readonly minutesAgo: number;
  readonly customer?: { readonly customerId: string; readonly address: string; readonly name: string };
  readonly category?: string;
  readonly priority?: Priority;
  /** First response: minutes from now; negative when it is breached. Without it no clock runs. */
  readonly dueInMinutes?: number;
}
export const ida = { customerId: 'ida', address: 'ida@example.com', name: 'Ida Sommer' };
const fact = <T>(value: T) => ({ value, confidence: 0.91, source: 'model' });

/** Received, enriched, timed. */
export function arrived(ticket: OnDesk): Draft[] {
  const { ticketId, number, subject, text, minutesAgo, customer = ida, category = 'refund', priority = 'normal', dueInMinutes } = ticket;
  const receivedAt = inMinutes(-minutesAgo);
  return [
    TicketReceived(ticketId, {
      number,
      messageId: `${ticketId}-first`,
      channel: 'email',
      door: 'smtp',
      channelAccount: 'support@example.com',
      customer,
      subject,
      text,
      attachments:
        ticketId === 'double'
          ? [
              {
                attachmentId: 'statement',
                filename: 'card-statement-october.pdf',
                contentType: 'application/pdf',
                sizeBytes: 184_220,
                sha256: 'c'.repeat(64),
              },
            ]
          : [],
      receivedAt,
    }),
    TicketEnriched(ticketId, {
      category: fact(category),
      complexity: fact(2),
      priority: fact(priority),
      language: fact('en'),
      sentiment: fact(0),
      wantsHuman: fact(false),
      customer: { customerId: customer.customerId, tier: 'vip', ticketsTotal: 3, ticketsLast30Days: 1, recentAgentIds: ['ana'] },
      missing: [],
      enrichedAt: receivedAt,
    }),
    ...(dueInMinutes === undefined ? [] : [clocksOf(ticketId, receivedAt, dueInMinutes)]),
  ];
}

function clocksOf(ticketId: string, receivedAt: string, dueInMinutes: number): Draft {
  const clock = { target: 'firstResponse', instance: 1, startedAt: receivedAt, targetMinutes: 60, stoppedAt: null } as const;
  const dueAt = inMinutes(dueInMinutes);
  return ClocksChanged(ticketId, {
    clocks: [
      { ...clock, dueAt, status: dueInMinutes < 0 ? 'breached' : 'running', breachedAt: dueInMinutes < 0 ? dueAt : null },
      { ...clock, target: 'resolution', dueAt: inMinutes(dueInMinutes + 420), status: 'running', targetMinutes: 480, breachedAt: null },
    ],
    policy: { name: 'standard', version: 1 },
    calendar: { name: 'office', version: 1 },
  });
}

export const decided = (ticketId: string, agentId: string, runnerUpId: string): Draft =>
  AssignmentProposed(ticketId, {
    proposalId: `${ticketId}-p1`,
    agentId,
    epoch: 1,
    queueId: 'billing',
    units: 1,
    domain: 'default',
    round: 318,
    step: 0,
    policy: { name: 'standard', version: 3 },
    weights: 'urgent',
    top: [
      {
        agentId,
        score: 2.31,
        factors: [
          { signal: 'skill', value: 0.95, weight: 1, contribution: 0.95 },
          { signal: 'familiarity', value: 0.8, weight: 0.6, contribution: 0.48 },
          { signal: 'workload', value: 0.67, weight: 0.7, contribution: 0.469 },
          { signal: 'language', value: 0.75, weight: 0.4, contribution: 0.3 },
          { signal: 'speed', value: 0.62, weight: 0.18, contribution: 0.111 },
        ],
      },
      { agentId: runnerUpId, score: 1.84, factors: [] },
    ],
    excluded: [
      { reason: 'skill accounting < 3', agents: 3 },
      { reason: 'no room', agents: 1 },
    ],
    unenriched: false,
    proposedAt: inMinutes(-1),
  });

export const offeredTo = (ticketId: string, agentId: string): Draft => {
  const offer = { offerId: `${ticketId}-o1`, agentId, expiresAt: inMinutes(1.5) };
  return OfferMade(ticketId, {
    ticket: snapshot({ offer, firstQueuedAt: inMinutes(-2) }),
    ...offer,
    proposalId: `${ticketId}-p1`,
    units: 1,
  });
};

const owned = (agentId: string, fields: Partial<TicketSnapshot> = {}): TicketSnapshot => snapshot({ agentId, ...fields });
export const assignedTo = (ticketId: string, agentId: string): Draft =>
  TicketAssigned(ticketId, {
    ticket: owned(agentId),
    agentId,
    proposalId: `${ticketId}-p1`,
    how: 'accepted',
    units: 1,
    assignedAt: inMinutes(0),
  });
export const repliedBy = (ticketId: string, agentId: string, messageId: string, text: string): Draft =>
  ReplyReleased(ticketId, { ticket: owned(agentId), messageId, agentId, text });
export const heldBy = (ticketId: string, agentId: string): Draft =>
  StatusChanged(ticketId, { ticket: owned(agentId, { status: 'pending' }), from: 'open', cause: 'agent' });
export const resumedBy = (ticketId: string, agentId: string): Draft =>
  StatusChanged(ticketId, { ticket: owned(agentId), from: 'pending', cause: 'agent' });
export const solvedBy = (ticketId: string, agentId: string): Draft =>
  TicketSolved(ticketId, {
    ticket: snapshot({ status: 'solved' }),
    agentId,
    how: 'agent',
    assignedAt: inMinutes(-3000),
    solvedAt: inMinutes(-2900),
  });
export const queued = (ticketId: string, queueId: string, minutesAgo: number, step: number): Draft =>
  TicketQueued(ticketId, {
    queueId,
    step,
    reasons: [
      { reason: 'skill electronics < 3', agents: 3 },
      { reason: 'no room', agents: 2 },
    ],
    nextStepAt: inMinutes(4),
    queuedAt: inMinutes(-minutesAgo),
  });
export const wrote = (ticketId: string, messageId: string, text: string): Draft =>
  MessageReceived(ticketId, {
    messageId,
    channel: 'email',
    door: 'smtp',
    kind: 'human',
    customer: ida,
    text,
    attachments: [],
    receivedAt: inMinutes(0),
  });
export const suggested = (ticketId: string): Draft =>
  ArticlesSuggested(ticketId, {
    suggestions: [{ articleId: 'double-charge', revision: 1, locale: 'en', title: 'Why a card shows a charge twice', confidence: 0.74 }],
    decidedAt: inMinutes(-1),
  });

export const atWork = (
  agentId: string,
  presence: Presence,
  unitsUsed: number,
  unitsMax: number,
  queueIds: string[],
  fields: Partial<AgentState['data']> = {},
): Draft =>
  AgentState(agentId, {
    agentVersion: 1,
    presence,
    inRotation: true,
    skills: {},
    languages: {},
    queueIds,
    unitsMax,
    channelUnitsMax: {},
    unitsUsed,
    holds: Array.from({ length: unitsUsed }, (_, nth) => ({
      ticketId: `${agentId}-${nth}`,
      units: 1,
      channel: 'email' as const,
      state: 'assigned' as const,
      dueAt: null,
    })),
    shiftEndsAt: null,
    idleSince: null,
    ...fields,
  });

/** A morning: one offer to Ana, three tickets of hers, two that wait for somebody with the skill. */
export function morning(): Draft[] {
  const otto = { customerId: 'otto', address: 'otto@example.com', name: 'Otto Vance' };
  const mira = { customerId: 'mira', address: 'mira@example.org', name: 'Mira Castellane' };
  return [
    ...arrived({
      ticketId: 'earlier',
      number: 1007,
      subject: 'Copy of my September invoice',
      text: 'Please send it again.',
      minutesAgo: 40_000,
    }),
    solvedBy('earlier', 'ana'),
    ...arrived({
      ticketId: 'double',
      number: 1042,
      subject: 'Charged twice for October',
      text: 'Hello,\n\nmy card shows your charge of 49.90 twice on 3 October. I have only one contract with you.\n\nPlease send one of the two back; the statement is attached.\n\nIda Sommer',
      minutesAgo: 2,
      priority: 'high',
      dueInMinutes: 58,
    }),
    suggested('double'),
    decided('double', 'ana', 'deniz'),
    offeredTo('double', 'ana'),
    ...arrived({
      ticketId: 'address',
      number: 1036,
      subject: 'The invoice names our old company',
      text: 'We moved and changed our name.',
      minutesAgo: 55,
      customer: mira,
      dueInMinutes: 6,
    }),
    decided('address', 'ana', 'deniz'),
    assignedTo('address', 'ana'),
    ...arrived({
      ticketId: 'late',
      number: 1029,
      subject: 'Refund promised in August is still missing',
      text: 'I am waiting.',
      minutesAgo: 190,
      customer: otto,
      priority: 'urgent',
      dueInMinutes: -34,
    }),
    decided('late', 'ana', 'deniz'),
    assignedTo('late', 'ana'),
    ...arrived({
      ticketId: 'vat',
      number: 1031,
      subject: 'VAT number on the yearly statement',
      text: 'Which number do you need?',
      minutesAgo: 150,
      customer: mira,
      dueInMinutes: 300,
    }),
    assignedTo('vat', 'ana'),
    heldBy('vat', 'ana'),
    ...arrived({
      ticketId: 'battery',
      number: 1039,
      subject: 'Charger blinks red and the battery stays empty',
      text: 'Since yesterday.',
      minutesAgo: 41,
      customer: otto,
      category: 'battery',
      priority: 'high',
      dueInMinutes: 12,
    }),
    queued('battery', 'technical', 41, 1),
    ...arrived({
      ticketId: 'range',
      number: 1041,
      subject: 'Range is halved since the update',
      text: 'From 60 km to 30.',
      minutesAgo: 9,
      customer: mira,
      category: 'battery',
      dueInMinutes: 51,
    }),
    queued('range', 'technical', 9, 0),
    atWork('ana', 'away', 4, 6, ['billing', 'general']),
    atWork('ben', 'online', 5, 5, ['technical']),
    atWork('carla', 'online', 2, 6, ['technical', 'general']),
    atWork('deniz', 'away', 1, 4, ['billing']),
  ];
}

const minutesBefore = (minutes: number): string => inMinutes(-minutes);
/** A resolution that was interrupted by a closed hour and a wait, a reply that was late, and what an office owes a colleague. */
export function explainedClocks(ticketId: string, requestId: string): Draft {
  const versions = { policy: { name: 'standard', version: 3 }, calendar: { name: 'office', version: 2 } };
  const stretch = (from: number, to: number, why: 'open hours' | 'closed' | 'pending' | 'on-hold') => ({
    from: minutesBefore(from),
    to: minutesBefore(to),
    counted: why === 'open hours',
    why,
  });
  const clock = { instance: 1, startedAt: minutesBefore(400), breachedAt: null, stoppedAt: null, segmentsLeftOut: 0, ...versions };
  return ClocksExplained(ticketId, {
    requestId,
    clocks: [
      {
        ...clock,
        target: 'firstResponse',
        status: 'met-late',
        dueAt: minutesBefore(340),
        breachedAt: minutesBefore(340),
        stoppedAt: minutesBefore(320),
        targetMinutes: 60,
        spentMinutes: 80,
        segments: [stretch(400, 320, 'open hours')],
      },
      {
        ...clock,
        target: 'resolution',
        status: 'running',
        dueAt: inMinutes(90),
        targetMinutes: 300,
        spentMinutes: 210,
        segments: [
          stretch(400, 300, 'open hours'),
          stretch(300, 240, 'closed'),
          stretch(240, 190, 'open hours'),
          stretch(190, 60, 'pending'),
          stretch(60, 0, 'open hours'),
        ],
      },
      {
        ...clock,
        target: 'internal',
        status: 'running',
        queueId: 'billing',
        startedAt: minutesBefore(60),
        dueAt: inMinutes(30),
        targetMinutes: 90,
        spentMinutes: 60,
        segments: [stretch(60, 0, 'open hours')],
      },
    ],
    upcoming: [
      { at: inMinutes(12), what: 'warning', words: '80 % of the internal time of billing is spent' },
      { at: inMinutes(30), what: 'breach', words: 'the internal target of billing is breached' },
      { at: inMinutes(60), what: 'level', words: 'level 1: role:supervisor is told, priority urgent' },
    ],
    explainedAt: inMinutes(0),
  });
}
