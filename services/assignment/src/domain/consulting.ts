import { ConsultEnded, ConsultStarted, type ConsultEndRequested, type ConsultRequested } from '@signalbox/contracts';
import type { Agent } from './agent.js';
import { refuse, type Asked } from './refusal.js';
import { snapshotOf, type Decision, type Owned, type Ticket } from './ticket.js';

const CONSULTED_MAX = 5;

/** The owner asks a colleague to look at the ticket too. Nobody's load changes, nothing changes hands. */
export function consult(ticket: Ticket, colleague: Agent, request: Asked<ConsultRequested>): Decision {
  const { agentId, withAgentId, noteId } = request.data;
  const stage = ownedBy(ticket, agentId);
  if (!stage) return refuse(ticket, request, ticket.stage.at === 'expected' ? 'unknown-ticket' : 'not-your-ticket');
  if (!colleague.configured) return refuse(ticket, request, 'unknown-agent');
  const { consultAgentIds = [] } = stage;
  const known = withAgentId === agentId || consultAgentIds.includes(withAgentId);
  if (known || consultAgentIds.length >= CONSULTED_MAX) return refuse(ticket, request, 'no-consult');
  const consulted: Ticket = { ...ticket, stage: { ...stage, consultAgentIds: [...consultAgentIds, withAgentId] } };
  const said = { ticket: snapshotOf(consulted), agentId, withAgentId, noteId };
  return { ticket: consulted, events: [ConsultStarted(ticket.ticketId, said)] };
}

/** Either of the two may end it. */
export function endConsult(ticket: Ticket, request: Asked<ConsultEndRequested>): Decision {
  const { agentId, withAgentId } = request.data;
  const { stage } = ticket;
  const isTheirs = stage.at === 'owned' && (agentId === stage.agentId || agentId === withAgentId);
  if (!isTheirs || !stage.consultAgentIds?.includes(withAgentId)) return refuse(ticket, request, 'no-consult');
  const ended: Ticket = { ...ticket, stage: { ...stage, consultAgentIds: stage.consultAgentIds.filter((id) => id !== withAgentId) } };
  const said = { ticket: snapshotOf(ended), agentId, withAgentId };
  return { ticket: ended, events: [ConsultEnded(ticket.ticketId, said)] };
}

const ownedBy = ({ stage }: Ticket, agentId: string): Owned | undefined =>
  stage.at === 'owned' && stage.agentId === agentId ? stage : undefined;
