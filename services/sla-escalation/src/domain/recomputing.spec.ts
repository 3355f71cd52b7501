import type { Clock } from '@signalbox/contracts';
import { movesBetween, nothingMoved, together } from './recomputing.js';

const clock = (part: Partial<Clock>): Clock => ({
  target: 'resolution',
  instance: 1,
  status: 'running',
  startedAt: '2026-12-07T08:00:00.000Z',
  dueAt: '2026-12-07T12:00:00.000Z',
  targetMinutes: 240,
  breachedAt: null,
  stoppedAt: null,
  ...part,
});
function counts(moves: ReturnType<typeof movesBetween>): object {
  const { examples: _, ...rest } = moves;
  return rest;
}

describe('what other rules do to a ticket', () => {
  it('is nothing when the clocks are the same, or paused before and after', () => {
    expect(movesBetween('t', [clock({})], [clock({})])).toEqual({ ...nothingMoved, checked: 1 });
    const paused = clock({ status: 'paused', dueAt: null });
    expect(movesBetween('t', [paused], [{ ...paused, targetMinutes: 60 }])).toEqual({ ...nothingMoved, checked: 1 });
  });

  it('is a deadline that comes earlier, and the breach that makes', () => {
    const after = clock({ status: 'breached', dueAt: '2026-12-07T09:00:00.000Z', breachedAt: '2026-12-07T09:00:00.000Z' });
    const moves = movesBetween('t', [clock({})], [after]);
    expect(counts(moves)).toEqual({ ...counts(nothingMoved), checked: 1, moved: 1, clocksMoved: 1, earlier: 1, breachesAdded: 1 });
    expect(moves.examples).toEqual([
      { ticketId: 't', target: 'resolution', instance: 1, from: '2026-12-07T12:00:00.000Z', to: '2026-12-07T09:00:00.000Z' },
    ]);
  });

  it('is a breach that is taken back, and a clock that is gone', () => {
    const late = clock({ status: 'breached', breachedAt: '2026-12-07T12:00:00.000Z' });
    const reply = clock({ target: 'firstResponse' });
    const moves = movesBetween('t', [late, reply], [clock({ dueAt: '2026-12-08T12:00:00.000Z' })]);
    expect(counts(moves)).toMatchObject({ clocksMoved: 2, later: 1, breachesWithdrawn: 1 });
    expect(moves.examples.at(-1)).toMatchObject({ target: 'firstResponse', to: null });
  });

  it('adds up over tickets, with the furthest moves as examples', () => {
    const by = (hours: number) =>
      movesBetween(`t${hours}`, [clock({})], [clock({ dueAt: new Date(Date.UTC(2026, 11, 7, 12 + hours)).toISOString() })]);
    const sum = together(Array.from({ length: 30 }, (_, hours) => by(hours)));
    expect(counts(sum)).toMatchObject({ checked: 30, moved: 29, later: 29 });
    expect(sum.examples).toHaveLength(20);
    expect(sum.examples[0]!.ticketId).toBe('t29');
  });
});
