import { figuresOf, serviceLevelsOf } from './sla-report.js';

const nothing = {
  key: 'billing',
  target: 'resolution',
  met: 0,
  metLate: 0,
  breached: 0,
  lateMinutesMedian: null,
  lateMinutesP90: null,
  reasons: {},
} as const;
const silence = { queueId: 'billing', replied: 0, repliedWithin: 0, abandoned: 0, abandonedWithin: 0, deflected: 0, solvedUnanswered: 0 };

describe('the share that was met', () => {
  // By hand: 7 of 10; 3 of 4, though the fourth was met late; none of 2 that are still open.
  it.each([
    [7, 2, 1, 10, 0.7],
    [3, 1, 0, 4, 0.75],
    [0, 0, 2, 2, 0],
    [5, 0, 0, 5, 1],
  ])('of %d met, %d met late and %d breached is of %d: %d', (met, metLate, breached, total, metShare) => {
    expect(figuresOf({ ...nothing, met, metLate, breached })).toMatchObject({ total, metShare });
  });
  it('is unknown where nothing was decided', () => {
    expect(figuresOf(nothing)).toMatchObject({ total: 0, metShare: null });
  });
});

describe('the service levels', () => {
  // By hand: 8 of 10 replies in time = 0.8; with 2 that gave up in time and 3 that did not: (8 + 2) of (10 + 5) = 2/3.
  it.each([
    [{ replied: 10, repliedWithin: 8 }, 0.8, 0.8],
    [{ replied: 10, repliedWithin: 8, abandoned: 5, abandonedWithin: 2 }, 0.8, 10 / 15],
    [{ abandoned: 4, abandonedWithin: 4 }, null, 1],
    [{ abandoned: 4 }, null, 0],
    [{ replied: 1, repliedWithin: 1, deflected: 50, solvedUnanswered: 3 }, 1, 1],
    [{}, null, null],
  ])('of %j are %d and %d', (counted, serviceLevel, serviceLevel2) => {
    expect(serviceLevelsOf({ ...silence, ...counted })).toMatchObject({ serviceLevel, serviceLevel2 });
  });
});
