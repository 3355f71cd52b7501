import * as fc from 'fast-check';
import { brakeSending, neverAnswered } from './loop-brake.js';

const now = new Date('2025-03-03T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const sends = (count: number, minutes: number) => Array.from({ length: count }, () => minutesAgo(minutes));

describe('brakeSending', () => {
  it.each([
    [10, 9],
    [15, 29],
    [25, 59],
    [50, 179],
    [100, 599],
  ])('stops after %i mails within the window that holds %i minutes', (count, minutes) => {
    expect(brakeSending(sends(count, minutes), now)).toContain(`${count} mails went to this address within ${minutes + 1} minutes`);
    expect(brakeSending(sends(count - 1, minutes), now)).toBeUndefined();
  });

  it('releases when the window has passed', () => {
    expect(brakeSending(sends(10, 10), now)).toBeUndefined();
    expect(brakeSending([], now)).toBeUndefined();
  });

  it('never lets more than the declared number out of any window', () => {
    const gapsMs = fc.array(fc.integer({ min: 0, max: 20 * 60_000 }), { minLength: 20, maxLength: 150 });
    fc.assert(
      fc.property(gapsMs, (gaps) => {
        const sent: number[] = [];
        let atMs = now.getTime();
        for (const gap of gaps) {
          atMs += gap;
          if (
            !brakeSending(
              sent.map((ms) => new Date(ms)),
              new Date(atMs),
            )
          )
            sent.push(atMs);
        }
        for (const end of sent) {
          expect(sent.filter((ms) => ms > end - 10 * 60_000 && ms <= end).length).toBeLessThanOrEqual(10);
          expect(sent.filter((ms) => ms > end - 600 * 60_000 && ms <= end).length).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('neverAnswered', () => {
  it.each([
    'MAILER-DAEMON@example.net',
    'postmaster@example.com',
    'no-reply@example.com',
    'noreply+x@example.com',
    'donotreply@example.com',
    'root@example.com',
    'Support+token@example.org',
  ])('refuses %s', (address) => {
    expect(neverAnswered(address, ['support@example.org'])).toContain(address);
  });

  it.each(['ann@example.com', 'rooted@example.com', 'abusealert@example.com', 'support@example.com'])('writes to %s', (address) => {
    expect(neverAnswered(address, ['support@example.org'])).toBeUndefined();
  });
});
