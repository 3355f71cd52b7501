import type { Matched, RecordedRound } from '@signalbox/routing/domain';
import { ShadowCounter } from './shadow.ts';

const matched = (placed: Record<string, string>): Matched =>
  ({
    proposals: Object.entries(placed).map(([ticketId, agentId]) => ({
      ticket: { ticketId },
      agentId,
      top: [{ agentId, score: agentId === 'ana' ? 0.9 : 0.5, factors: [] }],
    })),
    waiting: [],
  }) as unknown as Matched;
const round = (proposals: Record<string, string>): RecordedRound =>
  ({
    round: 7,
    proposals: Object.entries(proposals).map(([ticketId, agentId]) => ({ ticketId, agentId, score: agentId === 'ana' ? 0.9 : 0.5 })),
  }) as unknown as RecordedRound;

it('counts who another policy would have given tickets to, and who would have waited', () => {
  const counter = new ShadowCounter();
  const real = { same: 'ana', another: 'ana', waits: 'bo' };
  const differences = counter.take(round(real), matched(real), matched({ same: 'ana', another: 'bo', 'not-now': 'bo' }));
  expect(differences).toMatchObject([
    { ticketId: 'another', now: { agentId: 'ana' }, other: { agentId: 'bo' } },
    { ticketId: 'waits', now: { agentId: 'bo' }, other: undefined },
    { ticketId: 'not-now', now: undefined, other: { agentId: 'bo' } },
  ]);
  const { meanScore, examples, ...counts } = counter.shadow;
  expect(counts).toEqual({ rounds: 1, roundsNotReproduced: 0, roundsNotTold: 0, placed: 3, toAnotherAgent: 1, onlyNow: 1, onlyOther: 1 });
  expect(meanScore.now).toBeCloseTo((0.9 + 0.9 + 0.5) / 3);
  expect(meanScore.other).toBeCloseTo((0.9 + 0.5 + 0.5) / 3);
  expect(examples).toEqual(differences);
});

it('says when a round does not come out as recorded, and keeps few examples', () => {
  const counter = new ShadowCounter();
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, nth) => [`t-${nth}`, 'ana']));
  counter.take(round({ other: 'ana' }), matched(many), matched({}));
  expect(counter.shadow).toMatchObject({ roundsNotReproduced: 1, onlyNow: 30, meanScore: { other: null } });
  expect(counter.shadow.examples).toHaveLength(10);
});
