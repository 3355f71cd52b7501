import { AgentState, SatisfactionRated } from '@signalbox/contracts';
import type { LockAll } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { TicketStore } from './ticket.store.js';

/** Tickets before agents, each in id order: what the handlers of a unit lock one after the other, another instance's would lock otherwise. */
export const lockAll: LockAll = async (events, { tx }) => {
  const about = events as readonly { readonly type: string; readonly ticketId?: string; readonly agentId?: string }[];
  // A rating changes no ticket; one of a ticket never heard of makes none.
  const ticketIds = about.flatMap(({ type, ticketId }) => (ticketId === undefined || type === SatisfactionRated.type ? [] : [ticketId]));
  await new TicketStore(tx).load(ticketIds);
  const agentIds = about.flatMap(({ type, agentId }) => (agentId === undefined || type !== AgentState.type ? [] : [agentId]));
  await new AgentStore(tx).lock(agentIds, ticketIds);
};
