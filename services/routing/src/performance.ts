import { AgentPerformance, type Draft } from '@signalbox/contracts';
import type { Delivery } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { NO_CATEGORY } from './domain/learning.js';
import type { TicketRow } from './ticket.store.js';

/** Credits what these rows make creditable, and says what is now known of the agents concerned. */
export async function learnFrom(rows: Iterable<TicketRow>, { tx, now }: Delivery): Promise<Draft[]> {
  const store = new AgentStore(tx);
  const known = [...rows]
    .filter((row) => row.facts.enriched !== undefined)
    .map((row) => ({ ticketId: row.ticketId, category: row.facts.enriched!.category ?? NO_CATEGORY }));
  const agentIds = await store.credit(known);
  if (agentIds.length === 0) return [];
  const seen = await store.seen(agentIds);
  return agentIds.map((agentId) => {
    const own = seen.filter((cell) => cell.agentId === agentId);
    return AgentPerformance(agentId, {
      snapshot: own.reduce((sum, cell) => sum + cell.tickets + cell.rated, 0),
      categories: own.map((cell) => ({
        category: cell.category,
        handleMinutes: cell.tickets === 0 ? 0 : Math.exp(cell.logMinutesSum / cell.tickets),
        satisfactionShare: cell.rated === 0 ? 0 : cell.satisfied / cell.rated,
        tickets: cell.tickets,
      })),
      updatedAt: now.toISOString(),
    });
  });
}
