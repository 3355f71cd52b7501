import { useNow } from './clock.js';
import { duration, fullMoment } from './words.js';

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
