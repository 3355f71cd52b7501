import {
  ReplyReleased,
  StatusChanged,
  TicketReopened,
  TicketSolved,
  type HoldRequested,
  type LoadChange,
  type ReplyWritten,
  type ResumeRequested,
  type SolveRequested,
} from '@signalbox/contracts';
import { giveUnits, takeUnits, type Agent, type Loaded } from './agent.js';
import { refuse, type Asked } from './refusal.js';
import { snapshotOf, statusOf, type Decision, type Ended, type Owned, type Ticket } from './ticket.js';

/** Why this agent may not work on the ticket now; undefined when it is theirs. */
function reasonAgainst(ticket: Ticket, agentId: string): 'unknown-ticket' | 'not-open' | 'not-your-ticket' | undefined {
  const { stage } = ticket;
  if (stage.at === 'expected') return 'unknown-ticket';
  if (stage.at === 'solved' || stage.at === 'closed') return 'not-open';
  return stage.at === 'owned' && stage.agentId === agentId ? undefined : 'not-your-ticket';
}

/** A person's reply goes out; then the status the writer asked for. Without one, the ticket keeps its status. */
export function reply(ticket: Ticket, agent: Agent, request: Asked<ReplyWritten>, now: Date): Decision {
  const { agentId, messageId, text, thenStatus } = request.data;
  const against = reasonAgainst(ticket, agentId);
  if (against) return refuse(ticket, request, against);
  const released = ReplyReleased(ticket.ticketId, { ticket: snapshotOf(ticket), messageId, agentId, text });
  if (thenStatus === undefined || thenStatus === statusOf(ticket)) return { ticket, events: [released] };
  const then = thenStatus === 'solved' ? solve(ticket, agent, now) : setAside(ticket, agent, thenStatus, now);
  return { ...then, events: [released, ...then.events] };
}

/** Pending and on-hold give the units back. */
export function hold(ticket: Ticket, agent: Agent, request: Asked<HoldRequested>, now: Date): Decision {
  const against = reasonAgainst(ticket, request.data.agentId);
  if (against) return refuse(ticket, request, against);
  if (statusOf(ticket) === request.data.status) return refuse(ticket, request, 'already-in-that-status');
  return setAside(ticket, agent, request.data.status, now);
}

/** Work goes on: units are taken back even beyond the limit, because the person decided it. A solver may resume what they solved. */
export function resume(ticket: Ticket, agent: Agent, request: Asked<ResumeRequested>, now: Date): Decision {
  const { stage } = ticket;
  if (stage.at === 'solved' && stage.agentId === request.data.agentId) return reopenTo(ticket, stage, agent, 'agent', now);
  const against = reasonAgainst(ticket, request.data.agentId);
  if (against) return refuse(ticket, request, against);
  if (statusOf(ticket) === 'open') return refuse(ticket, request, 'already-in-that-status');
  return takeUp(ticket, agent, 'agent', now);
}

export function requestSolve(ticket: Ticket, agent: Agent, request: Asked<SolveRequested>, now: Date): Decision {
  if (ticket.stage.at === 'solved') return refuse(ticket, request, 'already-in-that-status');
  const against = reasonAgainst(ticket, request.data.agentId);
  return against ? refuse(ticket, request, against) : solve(ticket, agent, now);
}

function setAside(ticket: Ticket, agent: Agent, status: 'pending' | 'on-hold', now: Date): Decision {
  const stage = ticket.stage as Owned;
  const aside: Ticket = { ...ticket, stage: { ...stage, status } };
  const given = giveBack(ticket, agent, status, now);
  const said = { ticket: snapshotOf(aside), load: given?.load, from: stage.status, cause: 'agent' as const };
  return { ticket: aside, agent: given?.agent, events: [StatusChanged(ticket.ticketId, said)] };
}

function solve(ticket: Ticket, agent: Agent, now: Date): Decision {
  const { agentId, assignedAt, units } = ticket.stage as Owned;
  const solved: Ticket = { ...ticket, stage: { at: 'solved', how: 'agent', agentId, assignedAt, units, solvedAt: now } };
  const given = giveBack(ticket, agent, 'solved', now);
  const said = { agentId, how: 'agent' as const, assignedAt: assignedAt.toISOString(), solvedAt: now.toISOString() };
  return {
    ticket: solved,
    agent: given?.agent,
    events: [TicketSolved(ticket.ticketId, { ticket: snapshotOf(solved), load: given?.load, ...said })],
  };
}

const giveBack = (ticket: Ticket, agent: Agent, cause: LoadChange['cause'], now: Date): Loaded | undefined =>
  agent.holds.has(ticket.ticketId) ? giveUnits(agent, ticket.ticketId, cause, now) : undefined;

/** From pending or on-hold back to open, with its owner. */
export function takeUp(ticket: Ticket, agent: Agent, cause: 'agent' | 'customer-replied', now: Date): Decision {
  const stage = ticket.stage as Owned;
  const open: Ticket = { ...ticket, stage: { ...stage, status: 'open' } };
  const { agent: loaded, load } = takeBack(ticket, agent, stage.units, now);
  return {
    ticket: open,
    agent: loaded,
    events: [StatusChanged(ticket.ticketId, { ticket: snapshotOf(open), load, from: stage.status, cause })],
  };
}

/** A solved ticket goes on with whoever solved it. */
export function reopenTo(ticket: Ticket, stage: Ended, agent: Agent, cause: 'agent' | 'customer-replied', now: Date): Decision {
  const { agentId } = agent;
  const reopened: Ticket = {
    ...ticket,
    stage: { at: 'owned', status: 'open', agentId, assignedAt: now, units: stage.units },
    relaxFrom: now,
    reopenings: ticket.reopenings + 1,
  };
  const { agent: loaded, load } = takeBack(ticket, agent, stage.units, now);
  const said = { solvedByAgentId: stage.agentId, cause, reopenings: reopened.reopenings };
  return {
    ticket: reopened,
    agent: loaded,
    events: [TicketReopened(ticket.ticketId, { ticket: snapshotOf(reopened), load, ...said })],
  };
}

const takeBack = (ticket: Ticket, agent: Agent, units: number, now: Date): Loaded =>
  takeUnits(
    agent,
    { ticketId: ticket.ticketId, units, channel: ticket.received!.channel, state: 'assigned', dueAt: null },
    'reopened',
    now,
  );
