import { OwnerSilent, type AgentConfig } from '@signalbox/contracts';
import type { Agent } from './agent.js';
import { release } from './oversight.js';
import { shiftMinutesLater } from './shift.js';
import type { Terms } from './terms.js';
import { notAtOnceTo, nothing, snapshotOf, type Decision, type Silence, type Ticket } from './ticket.js';

/** From now on the customer waits for the owner's word, unless they do already. */
export function awaitsReply(ticket: Ticket, now: Date): Ticket {
  const { stage } = ticket;
  if (stage.at !== 'owned' || stage.silence) return ticket;
  return { ...ticket, stage: { ...stage, silence: { since: now, dueAt: null, nudged: false } } };
}

/** Sets when the silence is to be looked at: only configuration knows. Forgets it where no queue asks for it. */
export function timeSilence(ticket: Ticket, terms: Terms, shift: AgentConfig['shift']): Ticket {
  const { stage } = ticket;
  if (stage.at !== 'owned' || !stage.silence || stage.silence.dueAt) return ticket;
  const dueAt = dueAtOf(stage.silence, terms, shift);
  return { ...ticket, stage: { ...stage, silence: dueAt ? { ...stage.silence, dueAt } : undefined } };
}

function dueAtOf({ since, nudged }: Silence, terms: Terms, shift: AgentConfig['shift']): Date | null {
  const minutes = nudged ? terms.ownerSilentReleaseMinutes : (terms.ownerSilentMinutes ?? terms.ownerSilentReleaseMinutes);
  return minutes === null ? null : shiftMinutesLater(shift, since, minutes);
}

/** First a reminder, then the ticket goes back to its queue. Judged by the configuration of today: a longer patience postpones it. */
export function breakSilence(ticket: Ticket, owner: Agent, terms: Terms, shift: AgentConfig['shift'], now: Date): Decision {
  const { stage } = ticket;
  if (stage.at !== 'owned' || stage.agentId !== owner.agentId || !stage.silence) return nothing(ticket);
  const { silence } = stage;
  const dueAt = dueAtOf(silence, terms, shift);
  if (!dueAt || dueAt > now) return nothing({ ...ticket, stage: { ...stage, silence: dueAt ? { ...silence, dueAt } : undefined } });
  if (silence.nudged || terms.ownerSilentMinutes === null)
    return release(notAtOnceTo(owner.agentId, ticket, terms.retryAgentMs, now), owner, 'owner-silent', now);
  const nudged = timeSilence({ ...ticket, stage: { ...stage, silence: { ...silence, dueAt: null, nudged: true } } }, terms, shift);
  const said = { agentId: owner.agentId, silentSince: silence.since.toISOString(), minutes: terms.ownerSilentMinutes };
  return { ticket: nudged, events: [OwnerSilent(ticket.ticketId, { ticket: snapshotOf(nudged), ...said })] };
}
