import {
  ReplyReleased,
  StatusChanged,
  TicketReopened,
  TicketSolved,
  WrapUpEnded,
  type HoldRequested,
  type LoadChange,
  type ReplyWritten,
  type ResumeRequested,
  type SolveRequested,
  type WrapUpEndRequested,
} from '@signalbox/contracts';
import { giveUnits, holdOf, takeUnits, type Agent, type Loaded, type Weight } from './agent.js';
import { weightOf } from './offering.js';
import { refuse, type Asked } from './refusal.js';
import { awaitsReply } from './silence.js';
import type { Terms } from './terms.js';
import { nothing, snapshotOf, statusOf, type Decision, type Ended, type Owned, type Ticket } from './ticket.js';

/** Why this agent may not work on the ticket now; undefined when it is theirs. */
function reasonAgainst(ticket: Ticket, agentId: string): 'unknown-ticket' | 'not-open' | 'not-your-ticket' | undefined {
  const { stage } = ticket;
  if (stage.at === 'expected') return 'unknown-ticket';
  if (stage.at === 'solved' || stage.at === 'closed') return 'not-open';
  return stage.at === 'owned' && stage.agentId === agentId ? undefined : 'not-your-ticket';
}

/**
 * A person's reply goes out; then the status the writer asked for. Without one, the ticket keeps its status. Whoever replies has the
 * ticket in hand: it need be neither rescued nor handed over.
 */
export function reply(before: Ticket, agent: Agent, request: Asked<ReplyWritten>, now: Date, terms: Terms): Decision {
  const { agentId, messageId, text, thenStatus } = request.data;
  const against = reasonAgainst(before, agentId);
  if (against) return refuse(before, request, against);
  const ticket = inHand(before);
  const released = ReplyReleased(ticket.ticketId, { ticket: snapshotOf(ticket), messageId, agentId, text });
  if (thenStatus === undefined || thenStatus === statusOf(ticket)) return { ticket, events: [released] };
  const then = thenStatus === 'solved' ? solve(ticket, agent, terms, now) : setAside(ticket, agent, thenStatus, now);
  return { ...then, events: [released, ...then.events] };
}

/** Pending and on-hold give the units back. */
export function hold(ticket: Ticket, agent: Agent, request: Asked<HoldRequested>, now: Date): Decision {
  const against = reasonAgainst(ticket, request.data.agentId);
  if (against) return refuse(ticket, request, against);
  if (statusOf(ticket) === request.data.status) return refuse(ticket, request, 'already-in-that-status');
  return setAside(ticket, agent, request.data.status, now);
}

/**
 * Work goes on: units are taken back even beyond the limit, because the person decided it. A solver may resume what they solved. Not while
 * offline: nobody would take an open ticket back from an agent whose grace is long over.
 */
export function resume(ticket: Ticket, agent: Agent, request: Asked<ResumeRequested>, now: Date): Decision {
  const { stage } = ticket;
  const ended = stage.at === 'solved' && stage.agentId === request.data.agentId ? stage : undefined;
  const against = ended ? undefined : reasonAgainst(ticket, request.data.agentId);
  if (against) return refuse(ticket, request, against);
  if (statusOf(ticket) === 'open') return refuse(ticket, request, 'already-in-that-status');
  if (agent.presence === 'offline') return refuse(ticket, request, 'agent-not-online', 'You are offline. Choose Online first.');
  return ended ? reopenTo(ticket, ended, agent, 'agent', now) : takeUp(ticket, agent, 'agent', now);
}

export function requestSolve(ticket: Ticket, agent: Agent, request: Asked<SolveRequested>, now: Date, terms: Terms): Decision {
  if (ticket.stage.at === 'solved') return refuse(ticket, request, 'already-in-that-status');
  const against = reasonAgainst(ticket, request.data.agentId);
  return against ? refuse(ticket, request, against) : solve(ticket, agent, terms, now);
}

const inHand = (ticket: Ticket): Ticket => ({
  ...ticket,
  stage: { ...(ticket.stage as Owned), rescue: undefined, silence: undefined, handOverSince: undefined },
});

function setAside(ticket: Ticket, agent: Agent, status: 'pending' | 'on-hold', now: Date): Decision {
  const stage = ticket.stage as Owned;
  const aside = withStatus(inHand(ticket), status);
  const given = giveBack(ticket, agent, status, now);
  const said = { ticket: snapshotOf(aside), load: given?.load, from: stage.status, cause: 'agent' as const };
  return { ticket: aside, agent: given?.agent, events: [StatusChanged(ticket.ticketId, said)] };
}

const withStatus = (ticket: Ticket, status: Owned['status']): Ticket => ({ ...ticket, stage: { ...(ticket.stage as Owned), status } });

/** Where the queue gives time to wrap up, the units that were held stay so until it is over. */
function solve(ticket: Ticket, agent: Agent, { wrapUpMs }: Terms, now: Date): Decision {
  const stage = ticket.stage as Owned;
  const { agentId, assignedAt } = stage;
  const solved: Ticket = { ...ticket, stage: { at: 'solved', how: 'agent', agentId, assignedAt, ...weightOf(stage), solvedAt: now } };
  const held = agent.holds.get(ticket.ticketId);
  const wrapUpEndsAt = held && wrapUpMs > 0 ? new Date(now.getTime() + wrapUpMs).toISOString() : undefined;
  const given =
    held && wrapUpEndsAt
      ? takeUnits(agent, { ...held, state: 'wrap-up', dueAt: wrapUpEndsAt }, 'solved', now)
      : giveBack(ticket, agent, 'solved', now);
  const said = { agentId, how: 'agent' as const, assignedAt: assignedAt.toISOString(), solvedAt: now.toISOString(), wrapUpEndsAt };
  return {
    ticket: solved,
    agent: given?.agent,
    events: [TicketSolved(ticket.ticketId, { ticket: snapshotOf(solved), load: given?.load, ...said })],
  };
}

const giveBack = (ticket: Ticket, agent: Agent, cause: LoadChange['cause'], now: Date): Loaded | undefined =>
  agent.holds.has(ticket.ticketId) ? giveUnits(agent, ticket.ticketId, cause, now) : undefined;

/** The agent is done with what is left to do after solving. */
export function requestWrapUpEnd(ticket: Ticket, agent: Agent, request: Asked<WrapUpEndRequested>, now: Date): Decision {
  const isWrappingUp = agent.holds.get(ticket.ticketId)?.state === 'wrap-up';
  return isWrappingUp ? endWrapUp(ticket, agent, 'agent', now) : refuse(ticket, request, 'no-wrap-up');
}

/** The solved ticket's units become free: by time only once it is over. */
export function endWrapUp(ticket: Ticket, agent: Agent, how: WrapUpEnded['data']['how'], now: Date): Decision {
  const held = agent.holds.get(ticket.ticketId);
  if (held?.state !== 'wrap-up' || (how === 'time' && new Date(held.dueAt!) > now)) return nothing(ticket);
  const given = giveUnits(agent, ticket.ticketId, 'wrap-up-ended', now);
  const said = { ticket: snapshotOf(ticket), load: given.load, agentId: agent.agentId, how };
  return { ticket, agent: given.agent, events: [WrapUpEnded(ticket.ticketId, said)] };
}

/** From pending or on-hold back to open, with its owner. */
export function takeUp(ticket: Ticket, agent: Agent, cause: 'agent' | 'customer-replied', now: Date): Decision {
  const stage = ticket.stage as Owned;
  const open = awaitsReply(withStatus(ticket, 'open'), now);
  const { agent: loaded, load } = takeBack(ticket, agent, weightOf(stage), now);
  return {
    ticket: open,
    agent: loaded,
    events: [StatusChanged(ticket.ticketId, { ticket: snapshotOf(open), load, from: stage.status, cause })],
  };
}

/** A solved ticket goes on with whoever solved it. */
export function reopenTo(ticket: Ticket, stage: Ended, agent: Agent, cause: 'agent' | 'customer-replied', now: Date): Decision {
  const { agentId } = agent;
  const weight = { units: stage.units, interruptible: stage.interruptible };
  const owned: Ticket = {
    ...ticket,
    stage: { at: 'owned', status: 'open', agentId, assignedAt: now, ...weight },
    relaxFrom: now,
    reopenings: ticket.reopenings + 1,
    transfers: 0,
  };
  const reopened = awaitsReply(owned, now);
  const { agent: loaded, load } = takeBack(ticket, agent, weight, now);
  const said = { solvedByAgentId: stage.agentId, cause, reopenings: reopened.reopenings };
  return {
    ticket: reopened,
    agent: loaded,
    events: [TicketReopened(ticket.ticketId, { ticket: snapshotOf(reopened), load, ...said })],
  };
}

const takeBack = (ticket: Ticket, agent: Agent, weight: Weight, now: Date): Loaded =>
  takeUnits(agent, holdOf(ticket, weight, 'assigned'), 'reopened', now);
