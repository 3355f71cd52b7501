import { HandOverListed, TicketClosed, TicketReleased, type Priority } from '@signalbox/contracts';
import { giveUnits, type Agent } from './agent.js';
import type { Terms } from './terms.js';
import { mayClose, nothing, requeued, snapshotOf, type Decision, type Ticket } from './ticket.js';

/** What the ticket is treated as: a person's or an escalation's word, then enrichment's, then normal. */
export const priorityOf = (ticket: Ticket): Priority => ticket.priorityOverride ?? ticket.enriched?.priority ?? 'normal';

type Released = TicketReleased['data'];

/** The owner is gone, or somebody decided so: back among the waiting, with its age. */
export function release(
  ticket: Ticket,
  agent: Agent,
  why: Released['why'],
  now: Date,
  by: Pick<Released, 'byAgentId' | 'reason'> = {},
): Decision {
  const { stage } = ticket;
  if (stage.at !== 'owned' || stage.agentId !== agent.agentId) return nothing(ticket);
  const back = requeued(ticket);
  const given = agent.holds.has(ticket.ticketId) ? giveUnits(agent, ticket.ticketId, 'released', now) : undefined;
  const said = { ticket: snapshotOf(back), load: given?.load, agentId: agent.agentId, why, ...by };
  return { ticket: back, agent: given?.agent, events: [TicketReleased(ticket.ticketId, said)] };
}

/** The owner's shift is over: by the channel's policy the open ticket stays, goes back, or is listed for somebody to take it on. */
export function endShift(ticket: Ticket, agent: Agent, policy: Terms['atShiftEnd'], shiftEndedAt: Date, now: Date): Decision {
  const { stage } = ticket;
  if (stage.at !== 'owned' || stage.agentId !== agent.agentId || stage.status !== 'open') return nothing(ticket);
  if (policy === 'release') return release(ticket, agent, 'end-of-shift', now);
  if (policy === 'keep' || stage.handOverSince) return nothing(ticket);
  const listed: Ticket = { ...ticket, stage: { ...stage, handOverSince: now } };
  const said = { ticket: snapshotOf(listed), agentId: agent.agentId, shiftEndedAt: shiftEndedAt.toISOString() };
  return { ticket: listed, events: [HandOverListed(ticket.ticketId, said)] };
}

/** True when an agent is offline for longer than the grace: what is held is released. */
export const graceIsOver = (agent: Agent, graceSeconds: number, now: Date): boolean =>
  agent.presence === 'offline' && agent.offlineSince !== null && agent.offlineSince.getTime() + graceSeconds * 1000 <= now.getTime();

/** Within this time expiries of presence count together. */
export const MASS_EXPIRY_WINDOW_MS = 60_000;
/** So long what broke may take to mend: leases that ran out in a mass expiry are not acted on before. Then the agents are taken for gone. */
export const MASS_EXPIRY_HOLD_MS = 15 * 60_000;
const MASS_EXPIRY_SHARE = 0.2;
const MASS_EXPIRY_AGENTS_MIN = 3;

/** So many leases at once run out because something broke, not because people left: nothing is taken from anybody then. */
export const isMassExpiry = (expiredAgents: number, onlineAgents: number): boolean =>
  expiredAgents >= MASS_EXPIRY_AGENTS_MIN && expiredAgents > MASS_EXPIRY_SHARE * onlineAgents;

/** A solved conversation is over after `reopenDaysMax` days; from then on intake opens follow-up tickets. */
export function close(ticket: Ticket, reopenDaysMax: number, now: Date): Decision {
  const { stage } = ticket;
  if (stage.at !== 'solved' || !mayClose(stage, reopenDaysMax, now)) return nothing(ticket);
  const closed: Ticket = { ...ticket, stage: { ...stage, at: 'closed' } };
  return { ticket: closed, events: [TicketClosed(ticket.ticketId, { ticket: snapshotOf(closed) })] };
}
