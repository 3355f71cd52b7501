import type { AgentPerformance } from '@signalbox/contracts';
import type { Learned, ObservedCell } from './learning.js';

/** As many as the contract allows. */
const CATEGORIES_MAX = 200;

/** What is said of one agent: for each category they were seen in the means their score uses, shrunk towards agent and team. */
export function performanceOf(
  agentId: string,
  cells: readonly ObservedCell[],
  learned: Pick<Learned, 'handleMinutes' | 'satisfactionShare'>,
): AgentPerformance['data']['categories'] {
  return cells.slice(0, CATEGORIES_MAX).map(({ category, tickets }) => ({
    category,
    handleMinutes: learned.handleMinutes(agentId, category),
    satisfactionShare: learned.satisfactionShare(agentId, category),
    tickets,
  }));
}
