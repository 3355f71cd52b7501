import type { Clock, ClocksRecomputed } from '@signalbox/contracts';

type Report = ClocksRecomputed['data'];
type Example = Report['examples'][number];
const EXAMPLES_MAX = 20;

/** What other rules did to some tickets' clocks; sums of batches are `together`. */
export type Moves = Pick<
  Report,
  'checked' | 'moved' | 'clocksMoved' | 'earlier' | 'later' | 'breachesAdded' | 'breachesWithdrawn' | 'examples'
>;

export const nothingMoved: Moves = {
  checked: 0,
  moved: 0,
  clocksMoved: 0,
  earlier: 0,
  later: 0,
  breachesAdded: 0,
  breachesWithdrawn: 0,
  examples: [],
};

const isLate = (clock: Clock | undefined): boolean => clock?.status === 'breached' || clock?.status === 'met-late';
const keyOf = ({ target, instance }: Clock): string => `${target} ${instance}`;

/**
 * What moved between one ticket's clocks before and after. A clock moves when its deadline does, when it appears or is gone; paused ones
 * have no deadline to compare. A breach without a moved deadline is time's doing.
 */
export function movesBetween(ticketId: string, before: readonly Clock[], after: readonly Clock[]): Moves {
  const old = new Map(before.map((clock) => [keyOf(clock), clock]));
  const young = new Map(after.map((clock) => [keyOf(clock), clock]));
  let earlier = 0;
  let later = 0;
  let breachesAdded = 0;
  let breachesWithdrawn = 0;
  const examples: Example[] = [];
  for (const key of new Set([...old.keys(), ...young.keys()])) {
    const [from, to] = [old.get(key), young.get(key)];
    const { target, instance } = (to ?? from)!;
    const paused = from?.status === 'paused' || to?.status === 'paused';
    if ((from && to && paused) || from?.dueAt === to?.dueAt) continue;
    if (isLate(to) && !isLate(from)) breachesAdded += 1;
    if (isLate(from) && !isLate(to)) breachesWithdrawn += 1;
    if (from?.dueAt && to?.dueAt && from.dueAt > to.dueAt) earlier += 1;
    if (from?.dueAt && to?.dueAt && from.dueAt < to.dueAt) later += 1;
    examples.push({ ticketId, target, instance, from: from?.dueAt ?? null, to: to?.dueAt ?? null });
  }
  const clocksMoved = examples.length;
  return {
    checked: 1,
    moved: clocksMoved > 0 ? 1 : 0,
    clocksMoved,
    earlier,
    later,
    breachesAdded,
    breachesWithdrawn,
    examples: furthest(examples),
  };
}

export function together(all: readonly Moves[]): Moves {
  const sum = (field: Exclude<keyof Moves, 'examples'>): number => all.reduce((total, moves) => total + moves[field], 0);
  return {
    checked: sum('checked'),
    moved: sum('moved'),
    clocksMoved: sum('clocksMoved'),
    earlier: sum('earlier'),
    later: sum('later'),
    breachesAdded: sum('breachesAdded'),
    breachesWithdrawn: sum('breachesWithdrawn'),
    examples: furthest(all.flatMap(({ examples }) => examples)),
  };
}

/** The furthest moves; what appears or is gone stands behind them. */
function furthest(examples: readonly Example[]): Example[] {
  const distance = ({ from, to }: Example): number => (from && to ? Math.abs(Date.parse(to) - Date.parse(from)) : 0);
  return examples.toSorted((a, b) => distance(b) - distance(a) || (a.ticketId < b.ticketId ? -1 : 1)).slice(0, EXAMPLES_MAX);
}
