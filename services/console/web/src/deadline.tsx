import type { TicketRow } from './api.js';
import { useNow } from './clock.js';
import { duration, fullMoment, moment, targetName } from './words.js';

const SOON_SECONDS = 15 * 60;

/** Time left to a deadline, or since it passed. */
export function Deadline({
  dueAt,
  breached,
  label,
}: {
  readonly dueAt: string | null;
  readonly breached: boolean;
  readonly label?: string;
}) {
  const now = useNow();
  if (dueAt === null) return breached ? <span className="chip late">breached</span> : null;
  const seconds = (Date.parse(dueAt) - now) / 1000;
  const late = breached || seconds < 0;
  return (
    <time
      className={`chip ${late ? 'late' : seconds < SOON_SECONDS ? 'soon' : 'calm'}`}
      dateTime={dueAt}
      title={`${label ?? 'Due'}: ${fullMoment(dueAt)}`}
    >
      {seconds < 0 ? `breached ${duration(-seconds)} ago` : late ? `breached, next in ${duration(seconds)}` : `${duration(seconds)} left`}
    </time>
  );
}

const minutesAndSeconds = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** How long an offer still stands. */
export function Countdown({ expiresAt }: { readonly expiresAt: string }) {
  const seconds = Math.max(0, (Date.parse(expiresAt) - useNow()) / 1000);
  return (
    <time className={`chip ${seconds < 15 ? 'late' : 'soon'}`} dateTime={expiresAt} title={`Offer ends ${fullMoment(expiresAt)}`}>
      {seconds === 0 ? 'ended' : minutesAndSeconds(seconds)}
    </time>
  );
}

/** Since when, counted up. */
export const Since = ({ at }: { readonly at: string }) => <time dateTime={at}>{duration((useNow() - Date.parse(at)) / 1000)}</time>;

/** Sayings about what is going to be are old after so long: then they are shown as of when they were said. */
const OLD_AFTER_MS = 5 * 60_000;
export const useIsOld = (asOf: string): boolean => useNow() - Date.parse(asOf) > OLD_AFTER_MS;

/** The deadline cannot be kept even if somebody begins at once. */
export function CannotMake({ outlook }: { readonly outlook: NonNullable<TicketRow['cannotMake']> }) {
  const now = useNow();
  const old = useIsOld(outlook.asOf);
  const { target, expectedAt, dueAt, asOf, basis } = outlook;
  const said = `${targetName(target)} is due ${moment(dueAt, now)}; ${duration(basis.minutes * 60)} of work, ${BASIS[basis.of]}`;
  return (
    <span className={`chip ${old ? 'calm' : 'late'}`} title={said}>
      cannot make it: expected {moment(expectedAt, now)}
      {old && `, as of ${moment(asOf, now)}`}
    </span>
  );
}
const BASIS: Readonly<Record<NonNullable<TicketRow['cannotMake']>['basis']['of'], string>> = {
  category: 'as solved tickets of its category took',
  queue: 'as solved tickets of its queue took',
  company: 'as solved tickets of the company took',
  assumed: 'assumed',
};
