import { aCell } from '../../test/a-round.js';
import { Learned, type ObservedCell } from './learning.js';
import { performanceOf } from './performance.js';

const seen = (agentId: string, minutes: number, tickets: number, fields: Partial<ObservedCell> = {}): ObservedCell =>
  aCell(agentId, 'billing', minutes, { tickets, ...fields });
const said = (agentId: string, cells: readonly ObservedCell[], strength = 8) =>
  performanceOf(
    agentId,
    cells.filter((cell) => cell.agentId === agentId),
    new Learned(cells, strength),
  )[0]!;

describe('what is said of an agent', () => {
  it('is the team’s satisfaction where nobody rated the agent, not zero', () => {
    const cells = [seen('ana', 10, 12), seen('ben', 10, 12, { rated: 50, satisfied: 45 })];
    expect(said('ana', cells).satisfactionShare).toBeCloseTo((45 + 8 * 0.75) / 58);
    expect(said('ana', [seen('ana', 10, 12)]).satisfactionShare).toBe(0.75);
  });

  it('is what the score is computed from, not the raw mean', () => {
    const cells = [seen('ana', 2, 1), seen('ben', 30, 200)];
    const learned = new Learned(cells, 8);
    expect(said('ana', cells)).toEqual({
      category: 'billing',
      handleMinutes: learned.handleMinutes('ana', 'billing'),
      satisfactionShare: learned.satisfactionShare('ana', 'billing'),
      tickets: 1,
    });
    // Two minutes alone would be said if one ticket were believed.
    expect(said('ana', cells).handleMinutes).toBeGreaterThan(15);
  });

  it('follows the agent more, the weaker the policy shrinks', () => {
    const cells = [seen('ana', 2, 10), seen('ben', 30, 200)];
    expect(said('ana', cells, 1).handleMinutes).toBeLessThan(said('ana', cells, 50).handleMinutes);
  });

  it('names no more categories than the contract allows', () => {
    const cells = Array.from({ length: 250 }, (_, nth) => seen('ana', 10, 1, { category: `c-${nth}` }));
    expect(performanceOf('ana', cells, new Learned(cells, 8))).toHaveLength(200);
  });
});
