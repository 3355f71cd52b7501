import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import { AgentId, AgentRole, Instant, Priority, QueueId, Share, SkillId, SkillLevel, Target, TicketId, Version } from './fields.js';

export const SlaEscalationTopic = topic('signalbox.sla-escalation', {
  writer: 'sla-escalation',
  says: 'clocks, warnings, breaches, escalations, and what is going to be late',
});

export const Clock = z.object({
  target: Target,
  instance: z.int().min(1),
  status: z.enum(['running', 'paused', 'met', 'breached', 'met-late', 'canceled']),
  startedAt: Instant,
  /** Null only while paused. */
  dueAt: Instant.nullable(),
  targetMinutes: z.number().min(0),
  breachedAt: Instant.nullable(),
  stoppedAt: Instant.nullable(),
  /** Of an internal clock: the queue that owes it. */
  queueId: QueueId.optional(),
});
export type Clock = z.infer<typeof Clock>;

const versions = {
  policy: z.object({ name: z.string(), version: Version }),
  calendar: z.object({ name: z.string(), version: Version }),
};
/** All clocks of the ticket as they stand after one cause. */
export const ClocksChanged = event(SlaEscalationTopic, 'ClocksChanged', by.ticketId, { clocks: z.array(Clock).max(200), ...versions });
export type ClocksChanged = EventOf<typeof ClocksChanged>;

const about = { target: Target, instance: z.int().min(1), dueAt: Instant };
/** How long after its time it was said: 0 in ordinary operation, more after an outage. */
const lateMs = z.int().min(0).optional();
export const SlaWarned = event(SlaEscalationTopic, 'SlaWarned', by.ticketId, { ...about, spentShare: Share, warnedAt: Instant, lateMs });
export type SlaWarned = EventOf<typeof SlaWarned>;

/**
 * Why a deadline was missed: where most of the counted time went. `customer-pause`: the clock was paused for the longest part, and what was
 * left did not suffice. `in-work`: an owner was at it. `changed`: a raised priority or an edited policy made it late.
 */
export const BreachReason = z.enum(['waited-in-queue', 'no-staff', 'silent-owner', 'customer-pause', 'in-work', 'changed']);
export type BreachReason = z.infer<typeof BreachReason>;
export const SlaBreached = event(SlaEscalationTopic, 'SlaBreached', by.ticketId, {
  ...about,
  breachedAt: Instant,
  lateMs,
  reason: BreachReason.optional(),
  /** Minutes from the clock's start to the breach, by what they went to. */
  minutes: z.partialRecord(BreachReason, z.number().min(0)).optional(),
});
export type SlaBreached = EventOf<typeof SlaBreached>;
/** A late event showed that the breach never was. */
export const SlaBreachWithdrawn = event(SlaEscalationTopic, 'SlaBreachWithdrawn', by.ticketId, {
  target: Target,
  instance: z.int().min(1),
  withdrawnAt: Instant,
});
export type SlaBreachWithdrawn = EventOf<typeof SlaBreachWithdrawn>;

export const EscalationCause = z.enum(['due', 'complexity', 'not-accepted', 'declines', 'reopenings', 'sentiment', 'silent-owner']);
export type EscalationCause = z.infer<typeof EscalationCause>;
const step = { level: z.int().min(1), cause: EscalationCause, target: Target.optional() };
export const NotificationChannel = z.enum(['console', 'mail', 'webhook']);
/** A step of the chain upwards. What it asks for (priority, skills, another owner) becomes fact when assignment says so. */
export const TicketEscalated = event(SlaEscalationTopic, 'TicketEscalated', by.ticketId, {
  ...step,
  explanation: z.string().max(300),
  raisePriorityTo: Priority.optional(),
  addSkills: z.record(SkillId, SkillLevel).optional(),
  requeue: z.boolean().optional(),
  offerRescue: z.boolean().optional(),
  reassignToRole: AgentRole.optional(),
  /** As the policy says it; a mail address of the policy is not told: it is `mail 1`, `mail 2` … in their order. */
  notify: z.array(z.string().max(200)).max(20),
  /** Whom that came to at this moment; ids and names of configuration, never addresses. Absent of what is held: it is found when they are told. */
  recipients: z
    .array(z.object({ via: NotificationChannel, to: z.string().max(200), because: z.string().max(200) }))
    .max(100)
    .optional(),
  /** Quiet hours: whoever is meant then is told then, if it is still due. */
  heldUntil: Instant.optional(),
  escalatedAt: Instant,
  lateMs,
});
export type TicketEscalated = EventOf<typeof TicketEscalated>;
/** Levels not yet reached will not be, and notifications that are held will not be sent. */
export const EscalationCanceled = event(SlaEscalationTopic, 'EscalationCanceled', by.ticketId, {
  byAgentId: AgentId,
  reason: z.string().min(1).max(200),
  canceledAt: Instant,
});
export type EscalationCanceled = EventOf<typeof EscalationCanceled>;
const notification = { notificationId: z.string().max(120), ...step, via: NotificationChannel, to: z.string().max(200) };
export const NotificationSent = event(SlaEscalationTopic, 'NotificationSent', by.ticketId, { ...notification, sentAt: Instant });
export type NotificationSent = EventOf<typeof NotificationSent>;
/** `final`: given up. */
export const NotificationFailed = event(SlaEscalationTopic, 'NotificationFailed', by.ticketId, {
  ...notification,
  reason: z.string().max(300),
  final: z.boolean(),
  failedAt: Instant,
});
export type NotificationFailed = EventOf<typeof NotificationFailed>;

/** A stretch of a clock's life. */
const Segment = z.object({
  from: Instant,
  to: Instant,
  counted: z.boolean(),
  why: z.enum(['open hours', 'around the clock', 'closed', 'pending', 'on-hold']),
});
export const SEGMENTS_MAX = 400;
/** The one outcome of an ExplainClocksRequested. */
export const ClocksExplained = event(SlaEscalationTopic, 'ClocksExplained', by.ticketId, {
  requestId: z.string().max(200),
  clocks: z
    .array(
      Clock.extend({
        spentMinutes: z.number().min(0),
        /** The newest; `segmentsLeftOut` tells how many came before them. */
        segments: z.array(Segment).max(SEGMENTS_MAX),
        segmentsLeftOut: z.int().min(0),
        ...versions,
      }),
    )
    .max(50),
  /** What will happen next if nothing else does, soonest first. */
  upcoming: z.array(z.object({ at: Instant, what: z.enum(['warning', 'breach', 'level', 'resumes']), words: z.string().max(300) })).max(3),
  explainedAt: Instant,
});
export type ClocksExplained = EventOf<typeof ClocksExplained>;

/** Will a clock be late even if somebody begins it at once? Said when the answer changes. */
export const SlaOutlook = event(SlaEscalationTopic, 'SlaOutlook', by.ticketId, {
  ...about,
  willBreach: z.boolean(),
  /** When it would be done, were it begun now. */
  expectedAt: Instant,
  basis: z.object({
    /** Minutes of work expected, and the solved tickets that is learned from. */
    minutes: z.number().min(0),
    tickets: z.int().min(0),
    of: z.enum(['category', 'queue', 'company', 'assumed']),
  }),
  asOf: Instant,
});
export type SlaOutlook = EventOf<typeof SlaOutlook>;

/** How a queue stands: when will the first of its waiting tickets be late, as fast as it is worked on now? */
export const QueueOutlook = event(SlaEscalationTopic, 'QueueOutlook', by.queueId, {
  waiting: z.int().min(0),
  /** Agents of the queue who are online. */
  agents: z.int().min(0),
  arrivalsPerHour: z.number().min(0),
  /** As many as its agents can begin in an hour. */
  beginningsPerHour: z.number().min(0),
  workMinutes: z.number().min(0),
  /** Null: none within the horizon. */
  breachInMinutes: z.number().min(0).nullable(),
  /** The first to be late; absent when it has not come in yet. */
  ticketId: TicketId.optional(),
  horizonMinutes: z.number().min(0),
  asOf: Instant,
});
export type QueueOutlook = EventOf<typeof QueueOutlook>;

/**
 * What another policy or calendar does to the open tickets' clocks: of a bundle that was applied, or of documents that might be.
 * Keyed `bundle-N`, or with the id of the request. Said as it goes on, and once when it is done.
 */
export const ClocksRecomputed = event(SlaEscalationTopic, 'ClocksRecomputed', by.key, {
  bundle: z.int().min(0),
  preview: z.boolean(),
  done: z.boolean(),
  /** Open tickets there are, looked at so far, and those with a clock that moved. */
  tickets: z.int().min(0),
  checked: z.int().min(0),
  moved: z.int().min(0),
  clocksMoved: z.int().min(0),
  earlier: z.int().min(0),
  later: z.int().min(0),
  breachesAdded: z.int().min(0),
  breachesWithdrawn: z.int().min(0),
  /** The furthest moves. */
  examples: z
    .array(z.object({ ticketId: TicketId, target: Target, instance: z.int().min(1), from: Instant.nullable(), to: Instant.nullable() }))
    .max(20),
  problems: z.array(z.string().max(300)).max(20),
  asOf: Instant,
});
export type ClocksRecomputed = EventOf<typeof ClocksRecomputed>;
