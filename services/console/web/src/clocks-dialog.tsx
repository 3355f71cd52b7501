import { useEffect, useState } from 'react';
import type { RequestRow, Story } from './api.js';
import { serverNow, useNow } from './clock.js';
import { Dialog } from './dialog.js';
import { requested } from './requests.js';
import { TimeLine, type ExplainedClock } from './time-line.js';
import { clockName, duration, fullMoment, moment, plural, titled } from './words.js';

type Explained = NonNullable<NonNullable<RequestRow['outcome']>['explained']>;
type Answer = { readonly explained: Explained } | { readonly problem: string };

/** What is told of a stretch, beside how long it was. */
const OVER = ['met', 'met-late', 'canceled'];
const byUrgency = (one: ExplainedClock, other: ExplainedClock): number =>
  Number(OVER.includes(one.status)) - Number(OVER.includes(other.status));

/** How the clocks come about: asked of sla-escalation, and asked again whenever the ticket's clocks have changed. */
export function ClocksDialog({ story, close }: { readonly story: Story; readonly close: () => void }) {
  const [answer, setAnswer] = useState<Answer>();
  const clocks = JSON.stringify(story.clocks);
  useEffect(() => {
    const life = new AbortController();
    const stale = () => life.signal.aborted;
    requested(`/tickets/${encodeURIComponent(story.ticketId)}/explain-clocks`, {}, life.signal).then(
      (outcome) => !stale() && outcome?.explained && setAnswer({ explained: outcome.explained }),
      ({ message }: Error) => !stale() && setAnswer({ problem: message }),
    );
    return () => life.abort();
  }, [story.ticketId, clocks]);
  return (
    <Dialog title={`Clocks of ${titled(story)}`} wide close={close}>
      <div className="explained" role="status">
        {!answer && <p className="quiet">Asking how its clocks come about…</p>}
        {answer && 'problem' in answer && <p className="notice">{answer.problem}</p>}
        {answer && 'explained' in answer && <Explanation explained={answer.explained} story={story} />}
      </div>
      <button type="button" onClick={close}>
        Close <kbd>Esc</kbd>
      </button>
    </Dialog>
  );
}

function Explanation({ explained, story }: { readonly explained: Explained; readonly story: Story }) {
  const now = useNow();
  const clocks = explained.clocks.toSorted(byUrgency);
  const titleOf = (queueId: string | undefined): string | null =>
    queueId === undefined ? null : (story.clocks.find((clock) => clock.queueId === queueId)?.queueTitle ?? queueId);
  const span = spanOf(clocks, now);
  return (
    <>
      <section aria-labelledby="next-title">
        <h3 id="next-title">What happens next, if nothing else does</h3>
        {explained.upcoming.length === 0 && <p className="quiet">Nothing is due.</p>}
        <ol className="upcoming">
          {explained.upcoming.map(({ at, what, words }) => (
            <li key={`${at} ${words}`} className={what}>
              <time className={`chip ${what === 'breach' ? 'soon' : 'calm'}`} dateTime={at} title={fullMoment(at)}>
                {Date.parse(at) > now ? `in ${duration((Date.parse(at) - now) / 1000)}` : 'now'}
              </time>
              <span>{words}</span>
            </li>
          ))}
        </ol>
      </section>
      {clocks.map((clock) => (
        <OneClock
          key={`${clock.target} ${clock.instance}`}
          clock={clock}
          name={clockName({ ...clock, queueTitle: titleOf(clock.queueId) })}
          span={span}
          now={now}
        />
      ))}
      <p className="legend quiet small" aria-hidden="true">
        <i className="counted" /> counted <i className="closed" /> closed <i className="paused" /> waiting
        <span className="grow" />
        as of {moment(explained.explainedAt, serverNow())}
      </p>
    </>
  );
}

interface OneClockProps {
  readonly clock: ExplainedClock;
  readonly name: string;
  readonly span: { readonly from: number; readonly to: number };
  readonly now: number;
}
function OneClock({ clock, name, span, now }: OneClockProps) {
  const { status, targetMinutes, spentMinutes, segments, segmentsLeftOut, policy, calendar, instance } = clock;
  const late = status === 'breached' || status === 'met-late';
  return (
    <section className="one-clock" aria-label={name}>
      <h3>
        <b>{name}</b>
        {instance > 1 && <span className="quiet">no. {instance}</span>}
        <span className={`chip ${late ? 'late' : 'calm'}`}>{status === 'met-late' ? 'met late' : status}</span>
        <span className="quiet">
          {duration(spentMinutes * 60)} of {duration(targetMinutes * 60)} spent
        </span>
        <span className="quiet versions">
          {policy.name}@{policy.version}, {calendar.name}@{calendar.version}
        </span>
      </h3>
      <TimeLine clock={clock} name={name} span={span} now={now} />
      <details>
        <summary className="small">{plural(segments.length, 'stretch', 'stretches')}</summary>
        {segmentsLeftOut > 0 && <p className="quiet small">{plural(segmentsLeftOut, 'earlier one is', 'earlier ones are')} left out.</p>}
        <table className="segments">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Why</th>
              <th scope="col">Counted</th>
            </tr>
          </thead>
          <tbody>
            {segments.map(({ from, to, counted, why }) => (
              <tr key={from}>
                <td>
                  <time dateTime={from}>{moment(from, serverNow())}</time>
                </td>
                <td>
                  <time dateTime={to}>{moment(to, serverNow())}</time>
                </td>
                <td>{WHY[why]}</td>
                <td>{counted ? duration((Date.parse(to) - Date.parse(from)) / 1000) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

const WHY: Readonly<Record<ExplainedClock['segments'][number]['why'], string>> = {
  'open hours': 'open hours',
  'around the clock': 'around the clock',
  closed: 'closed',
  pending: 'waiting for the customer',
  'on-hold': 'on hold',
};

/** All bars share one scale, so that what happened at the same time stands below each other. */
function spanOf(clocks: readonly ExplainedClock[], now: number): { from: number; to: number } {
  const instants = clocks.flatMap(({ startedAt, dueAt, stoppedAt, segments }) => [
    startedAt,
    ...(dueAt === null ? [] : [dueAt]),
    ...(stoppedAt === null ? [] : [stoppedAt]),
    ...segments.flatMap(({ from, to }) => [from, to]),
  ]);
  const ticks = clocks.some(({ status }) => !OVER.includes(status));
  const all = [...instants.map((at) => Date.parse(at)), ...(ticks ? [now] : [])];
  const [from, to] = [Math.min(...all), Math.max(...all)];
  return { from, to: Math.max(to, from + 60_000) };
}
