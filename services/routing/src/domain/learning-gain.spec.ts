import fc from 'fast-check';
import { doesHarm, gainOf, noTickets, withTicket, type Arm } from './learning-gain.js';

const armOf = (minutes: readonly number[]): Arm => minutes.reduce((arm, one) => withTicket(arm, one), noTickets);
/** Spread around a mean as handle times are, without chance. */
const around = (mean: number, tickets: number): number[] =>
  Array.from({ length: tickets }, (_, nth) => mean * (0.2 + (1.6 * ((nth * 37) % 100)) / 99));

describe('the gain of learning', () => {
  it('is not spoken of before both arms have enough tickets', () => {
    expect(gainOf(armOf(around(10, 5_000)), armOf(around(10, 99)))).toBeUndefined();
    expect(doesHarm(undefined)).toBe(false);
  });

  it('is what held-out tickets needed more, with an interval', () => {
    const gain = gainOf(armOf(around(50, 1_000)), armOf(around(60, 200)))!;
    expect(gain.minutes).toBeCloseTo(10);
    expect(gain.halfWidth).toBeGreaterThan(2);
    expect(gain.halfWidth).toBeLessThan(10);
    expect(doesHarm(gain)).toBe(false);
  });

  it('is called harm only where chance does not explain it', () => {
    expect(doesHarm(gainOf(armOf(around(80, 1_000)), armOf(around(60, 200))))).toBe(true);
    expect(doesHarm(gainOf(armOf(around(62, 1_000)), armOf(around(60, 200))))).toBe(false);
    // Sure, and nothing anybody feels.
    const all = (minutes: number): Arm => armOf(Array.from({ length: 200 }, () => minutes));
    expect([doesHarm(gainOf(all(1.05), all(1))), doesHarm(gainOf(all(1.2), all(1)))]).toEqual([false, true]);
  });

  it('is over once both arms are decided alike for long enough', () => {
    const harmed = { learned: armOf(around(80, 1_000)), heldOut: armOf(around(60, 200)) };
    for (const minutes of around(60, 9_500)) harmed.learned = withTicket(harmed.learned, minutes);
    for (const minutes of around(60, 500)) harmed.heldOut = withTicket(harmed.heldOut, minutes);
    expect(doesHarm(gainOf(harmed.learned, harmed.heldOut))).toBe(false);
  });

  it('counts a ticket that came back once, until it was solved for good', () => {
    const first = armOf([10, 20, 30]);
    expect(withTicket(withTicket(first, 50, 20), 90, 50)).toEqual(armOf([10, 90, 30]));
  });

  it('never comes out of its bounds, whatever was seen', () => {
    const minutes = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 100, maxLength: 200 });
    fc.assert(
      fc.property(minutes, minutes, (learned, heldOut) => {
        const gain = gainOf(armOf(learned), armOf(heldOut))!;
        expect(Number.isFinite(gain.minutes) && gain.halfWidth >= 0).toBe(true);
      }),
    );
  });
});
