import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import { Instant, Priority, Share, SkillId, SkillLevel, Version } from './fields.js';

export const SlaEscalationTopic = topic('signalbox.sla-escalation', {
  writer: 'sla-escalation',
  says: 'clocks, warnings, breaches, escalations',
});

export const Target = z.enum(['firstResponse', 'nextReply', 'resolution']);
export type Target = z.infer<typeof Target>;

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
});
export type Clock = z.infer<typeof Clock>;

/** All clocks of the ticket as they stand after one cause. */
export const ClocksChanged = event(SlaEscalationTopic, 'ClocksChanged', by.ticketId, {
  clocks: z.array(Clock).max(200),
  policy: z.object({ name: z.string(), version: Version }),
  calendar: z.object({ name: z.string(), version: Version }),
});
export type ClocksChanged = EventOf<typeof ClocksChanged>;

const about = { target: Target, instance: z.int().min(1), dueAt: Instant };
export const SlaWarned = event(SlaEscalationTopic, 'SlaWarned', by.ticketId, { ...about, spentShare: Share, warnedAt: Instant });
export type SlaWarned = EventOf<typeof SlaWarned>;
export const SlaBreached = event(SlaEscalationTopic, 'SlaBreached', by.ticketId, { ...about, breachedAt: Instant });
export type SlaBreached = EventOf<typeof SlaBreached>;
/** A late event showed that the breach never was. */
export const SlaBreachWithdrawn = event(SlaEscalationTopic, 'SlaBreachWithdrawn', by.ticketId, {
  target: Target,
  instance: z.int().min(1),
  withdrawnAt: Instant,
});
export type SlaBreachWithdrawn = EventOf<typeof SlaBreachWithdrawn>;

/** A step of the chain upwards. What it asks for (priority, skills) becomes fact when assignment says so. */
export const TicketEscalated = event(SlaEscalationTopic, 'TicketEscalated', by.ticketId, {
  level: z.int().min(1),
  cause: z.enum(['due', 'complexity', 'not-accepted', 'declines', 'reopenings', 'sentiment']),
  explanation: z.string().max(300),
  raisePriorityTo: Priority.optional(),
  addSkills: z.record(SkillId, SkillLevel).optional(),
  notify: z.array(z.string().max(80)).max(20),
  escalatedAt: Instant,
});
export type TicketEscalated = EventOf<typeof TicketEscalated>;
