import { RoutingPolicy } from '@signalbox/contracts';
import type { Matched, RecordedRound } from '@signalbox/routing/domain';
import { notComparable, ShadowCounter } from './shadow.ts';

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

it('says what the live rounds do not tell of another policy', () => {
  const policy = (fields: object = {}) =>
    RoutingPolicy.parse({
      weights: { standard: { slaPressure: 1 } },
      maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 },
      ...fields,
    });
  const level = (overMinutes: number) => ({
    overflow: [
      {
        from: 'general',
        to: ['billing'],
        afterSeconds: 1,
        donorWaitMinutesMax: 1,
        donorServiceLevel: { share: 0.8, withinMinutes: 10, overMinutes },
      },
    ],
  });
  const cap = (windowMinutes: number) => ({ fairness: { windowMinutes, ticketsMax: 3 } });
  const noted = (live: RoutingPolicy | undefined, other: RoutingPolicy) => {
    const notes = notComparable(live, other);
    expect(notes.at(-1)).toMatch(/^rounds that gave nobody anything are not recorded/);
    return notes.slice(0, -1);
  };
  const all = { ...cap(60), ...level(60), nearBreachMinutes: 30 };
  expect(noted(policy(all), policy(all))).toEqual([]);
  expect(noted(undefined, policy(all))).toEqual([]);
  // What only the live one has is recorded for nothing.
  expect(noted(policy({ ...cap(60), ...level(60) }), policy())).toEqual([]);
  expect(noted(policy(), policy(cap(60)))).toEqual([expect.stringContaining('the live policy has none')]);
  expect(noted(policy(cap(30)), policy(cap(60)))).toEqual([expect.stringContaining("the live policy's 30 minutes, not the other's 60")]);
  expect(noted(policy(), policy({ nearBreachMinutes: 30 }))).toEqual([
    expect.stringContaining("the live policy's 15 minutes, not the other's 30"),
  ]);
  expect(noted(policy(), policy({ nearBreachMinutes: 30, agentSlaPressure: 'ignore' }))).toEqual([]);
  expect(noted(policy(), policy({ nearBreachMinutes: 30, weights: { standard: { skill: 1 } } }))).toEqual([]);
  expect(noted(policy(level(60)), policy(level(120)))).toEqual([
    'overflow: the live policy does not ask for the service level of billing within 10 over 120 minutes; it is taken to hold',
  ]);
  expect(noted(policy(), policy({ learning: { memoryTickets: 500 } }))).toEqual([expect.stringContaining('memoryTickets 100')]);
});
