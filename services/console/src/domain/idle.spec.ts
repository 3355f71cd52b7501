import type { IdleExplained, Received } from '@signalbox/contracts';
import { idleOutcomeOf } from './idle.js';

const said = (fields: Partial<IdleExplained['data']>): string => {
  const data = { requestId: 'r', why: 'nothing-fits', waiting: 0, bounded: false, onTheWay: 0, explainedAt: '', ...fields };
  return idleOutcomeOf({ at: new Date(0), data } as Received<IdleExplained>).outcome.message!;
};

describe('whoever asks why somebody has no work', () => {
  it('is told how many tickets were looked at, and when there may be more', () => {
    expect(said({ waiting: 1 })).toBe('The one ticket that waits is not for them.');
    expect(said({ waiting: 12 })).toBe('None of the 12 tickets that wait is for them.');
    expect(said({ waiting: 200, bounded: true })).toBe('None of the first 200 tickets that wait is for them.');
  });

  it('is told what is on its way to them', () => {
    expect(said({ why: 'nothing-waits', onTheWay: 1 })).toBe('Nothing waits. A ticket is proposed or offered to them just now.');
    expect(said({ why: 'no-room', onTheWay: 2 })).toBe(
      'They have no room for another ticket. 2 tickets are proposed or offered to them just now.',
    );
  });
});
