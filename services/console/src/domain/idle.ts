import type { IdleExplained, Received } from '@signalbox/contracts';
import type { RequestOutcome } from './records.js';

type Explained = IdleExplained['data'];

const WHY: Readonly<Record<Exclude<Explained['why'], 'nothing-fits'>, string>> = {
  'unknown-agent': 'Routing has not heard of them yet.',
  offline: 'They are offline.',
  away: 'They are away.',
  'not-on-shift': 'They are not on shift, and have not chosen Online since.',
  'out-of-rotation': 'They are not responding: offers to them ran out. They come back when they choose Online again.',
  'shift-ends': 'Their shift ends too soon for another ticket.',
  'fairness-cap': 'They have had as many tickets as the policy gives one agent in a while.',
  'no-room': 'They have no room for another ticket.',
  'nothing-waits': 'Nothing waits.',
};

function noneOf({ waiting, bounded }: Explained): string {
  if (waiting === 1) return 'The one ticket that waits is not for them.';
  return `None of the ${bounded ? 'first ' : ''}${waiting} tickets that wait is for them.`;
}
function justNow(onTheWay: number): string {
  if (onTheWay === 0) return '';
  return ` ${onTheWay === 1 ? 'A ticket is' : `${onTheWay} tickets are`} proposed or offered to them just now.`;
}

/** What whoever asked is told, in whole sentences; the counted reasons beside them. */
export function idleOutcomeOf({ at, data }: Received<IdleExplained>): { requestId: string; outcome: RequestOutcome } {
  const { requestId, why, reasons, onTheWay } = data;
  const message = (why === 'nothing-fits' ? noneOf(data) : WHY[why]) + justNow(onTheWay);
  return { requestId, outcome: { type: 'IdleExplained', at: at.toISOString(), why, message, reasons } };
}
