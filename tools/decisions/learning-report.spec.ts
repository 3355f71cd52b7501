import type { Received } from '@signalbox/contracts';
import { difference, LearningGatherer, type LearningEvent } from './learning-report.ts';

const event = (type: LearningEvent['type'], ticketId: string, data: object): Received<LearningEvent> =>
  ({ type, ticketId, data }) as unknown as Received<LearningEvent>;
const AT = Date.parse('2026-11-24T09:00:00Z');
function solvedTicket(
  ticketId: string,
  heldOut: boolean,
  minutes: number,
  { reopened = false, score = 0, propensity = 1 } = {},
): Received<LearningEvent>[] {
  const solvedAfter = (after: number) =>
    event('TicketSolved', ticketId, { how: 'agent', solvedAt: new Date(AT + after * 60_000).toISOString() });
  return [
    // What came back took until its last solution.
    ...(reopened ? [solvedAfter(1)] : []),
    solvedAfter(minutes),
    event('TicketReceived', ticketId, { receivedAt: new Date(AT).toISOString() }),
    event('AssignmentProposed', ticketId, { ...(heldOut && { heldOut }), ...(propensity < 1 && { propensity }) }),
    ...(reopened ? [event('TicketReopened', ticketId, {})] : []),
    ...(score > 0 ? [event('SatisfactionRated', ticketId, { score })] : []),
  ];
}
function reportOf(events: readonly Received<LearningEvent>[]) {
  const gatherer = new LearningGatherer();
  for (const one of [...events, ...events]) gatherer.take(one);
  return gatherer.report();
}
const many = (count: number, make: (nth: number) => Received<LearningEvent>[]) =>
  Array.from({ length: count }, (_, nth) => make(nth)).flat();

it('refuses while either arm is small, and says how many are missing', () => {
  const events = [
    ...many(40, (nth) => solvedTicket(`l-${nth}`, false, 10)),
    ...many(12, (nth) => solvedTicket(`h-${nth}`, true, 10)),
    event('AssignmentProposed', 'open', {}),
  ];
  expect(reportOf(events)).toEqual({ enough: false, solved: { learned: 40, heldOut: 12 }, missing: { learned: 0, heldOut: 18 } });
});

it('compares the arms, each with its interval, and the difference', () => {
  const report = reportOf([
    ...many(60, (nth) =>
      solvedTicket(`l-${nth}`, false, 8 + (nth % 5), {
        reopened: nth % 10 === 0,
        score: nth % 2 === 0 ? 5 : 4,
        propensity: nth < 30 ? 1 : 0.5,
      }),
    ),
    ...many(40, (nth) => solvedTicket(`h-${nth}`, true, 18 + (nth % 5), { reopened: nth % 4 === 0, score: nth % 2 === 0 ? 5 : 2 })),
  ]);
  if (!report.enough) throw new Error('there are enough');
  expect(report.learned).toMatchObject({ solved: 60, meanMinutes: 10, reopenedShare: 0.1, rated: 60, satisfiedShare: 1 });
  expect(report.heldOut).toMatchObject({ solved: 40, meanMinutes: 20, reopenedShare: 0.25, satisfiedShare: 0.5 });
  expect(report.minutes.mean).toBeCloseTo(-10);
  expect(report.minutes.interval95[1]).toBeLessThan(-9);
  expect(report.reopenedShare.mean).toBeCloseTo(-0.15);
  expect(report.satisfiedShare!.mean).toBeCloseTo(0.5);
  expect(report.notes).toContainEqual(expect.stringContaining('only when an agent could begin them is estimated from what was learned'));
  // 30 of weight 1 and 30 of weight 2: (30 + 60)² ÷ (30 + 120).
  expect(report.triedOut).toEqual({ decisions: 30, effectiveTickets: 54 });
});

it('an interval of a difference is Welch’s', () => {
  // Worked by hand: variances 1 and 4 (÷ 3 each), so a standard error of √(5/3) and 2.94 degrees of freedom.
  const { mean, interval95 } = difference([1, 2, 3], [2, 4, 6]);
  expect(mean).toBeCloseTo(-2);
  expect((interval95[1] - interval95[0]) / 2).toBeCloseTo((1.96 + 2.4 / 2.941) * Math.sqrt(5 / 3), 2);
});
