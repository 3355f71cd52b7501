import { useState } from 'react';
import type { Recomputations, SlaReport } from './api.js';
import { serverNow } from './clock.js';
import { useResource } from './stream.js';
import { duration, fullMoment, moment, plural, targetName } from './words.js';

const GROUPINGS = [
  { by: 'queue', words: 'Queue' },
  { by: 'agent', words: 'Agent' },
  { by: 'tier', words: 'Tier' },
  { by: 'category', words: 'Category' },
] as const;
const WINDOWS = [
  { days: 1, words: 'last 24 hours' },
  { days: 7, words: 'last 7 days' },
  { days: 30, words: 'last 30 days' },
  { days: 92, words: 'last 92 days' },
];
const THRESHOLDS = [15, 30, 60, 240, 480, 1440];
const DAY_MS = 86_400_000;

type Group = SlaReport['groups'][number];

/** What was promised and kept: for whoever answers for it. */
export function ReportsView() {
  const [by, setBy] = useState<SlaReport['by']>('queue');
  const [days, setDays] = useState(7);
  const [withinMinutes, setWithinMinutes] = useState(60);
  // To the minute: what is shown does not become another question with every second.
  const [to] = useState(() => Math.ceil(serverNow() / 60_000) * 60_000);
  const query = new URLSearchParams({
    from: new Date(to - days * DAY_MS).toISOString(),
    to: new Date(to).toISOString(),
    by,
    withinMinutes: String(withinMinutes),
  });
  const { value: report, problem } = useResource<SlaReport>(`/reports/sla?${query}`, () => false);
  return (
    <main className="reports">
      <h1 className="heard-only">Reports</h1>
      <div className="line controls">
        <div className="switch" role="group" aria-label="By">
          {GROUPINGS.map((one) => (
            <button key={one.by} type="button" aria-pressed={by === one.by} onClick={() => setBy(one.by)}>
              {one.words}
            </button>
          ))}
        </div>
        <label className="line">
          Window
          <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {WINDOWS.map((one) => (
              <option key={one.days} value={one.days}>
                {one.words}
              </option>
            ))}
          </select>
        </label>
        <label className="line">
          First reply within
          <select value={withinMinutes} onChange={(event) => setWithinMinutes(Number(event.target.value))}>
            {THRESHOLDS.map((minutes) => (
              <option key={minutes} value={minutes}>
                {duration(minutes * 60)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {!report && (
        <p className="empty" role="status">
          {problem?.message ?? 'Reading…'}
        </p>
      )}
      {report && <Kept report={report} />}
      {report && <ServiceLevels report={report} />}
      <Recomputed />
    </main>
  );
}

function Kept({ report: { groups, leftOut, by } }: { readonly report: SlaReport }) {
  return (
    <section className="card report" aria-labelledby="kept-title">
      <h2 id="kept-title">Promises kept</h2>
      {groups.length === 0 ? (
        <p className="empty">Nothing was decided in this window.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{GROUPINGS.find((one) => one.by === by)!.words}</th>
              <th scope="col">Promise</th>
              <th scope="col">Kept</th>
              <th scope="col">Of</th>
              <th scope="col">Met late</th>
              <th scope="col">Still open</th>
              <th scope="col">Late by, median</th>
              <th scope="col">9 of 10 within</th>
              <th scope="col">Why not kept</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group, index) => (
              <tr key={`${group.key} ${group.target}`}>
                <th scope="row">
                  {groups[index - 1]?.key === group.key ? <span className="heard-only">{group.title}</span> : group.title}
                </th>
                <td>{targetName(group.target)}</td>
                <td>
                  <b>{share(group.metShare)}</b>
                </td>
                <td>{group.total}</td>
                <Count of={group.metLate} />
                <Count of={group.breached} />
                <td>{late(group.lateMinutesMedian)}</td>
                <td>{late(group.lateMinutesP90)}</td>
                <td>
                  <Reasons group={group} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {leftOut > 0 && <p className="quiet small">{plural(leftOut, 'smaller group is', 'smaller groups are')} left out.</p>}
      <p className="quiet small">A promise counts in the window in which it was met or missed. What was taken back is not in it.</p>
    </section>
  );
}

const Count = ({ of }: { readonly of: number }) => <td className={of === 0 ? 'quiet' : undefined}>{of}</td>;
const share = (value: number | null) => (value === null ? <span className="quiet">–</span> : `${Math.round(value * 100)}\u00a0%`);
const late = (minutes: number | null) => (minutes === null ? <span className="quiet">–</span> : duration(minutes * 60));

const REASONS: Readonly<Record<string, string>> = {
  'waited-in-queue': 'waited in queue',
  'no-staff': 'no staff',
  'silent-owner': 'silent owner',
  'customer-pause': 'customer pause',
  'in-work': 'in work',
  changed: 'changed meanwhile',
  unknown: 'not known',
};

/** What stands in the bar stands above it in words, in the same order. */
function Reasons({ group: { reasons, metLate, breached } }: { readonly group: Group }) {
  const all = metLate + breached;
  if (all === 0) return <span className="quiet">–</span>;
  const counted = Object.keys(REASONS).flatMap((reason) => {
    const count = reasons[reason as keyof typeof reasons] ?? 0;
    return count === 0 ? [] : [{ reason, count }];
  });
  let x = 0;
  return (
    <div className="reasons-bar">
      <span>{counted.map(({ reason, count }) => `${REASONS[reason]} ${count}`).join(' · ')}</span>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        {counted.map(({ reason, count }) => {
          const from = x;
          x += (count / all) * 100;
          return <rect key={reason} className={reason} x={from} width={x - from} height="8" />;
        })}
      </svg>
    </div>
  );
}

function ServiceLevels({ report: { serviceLevels, withinMinutes } }: { readonly report: SlaReport }) {
  return (
    <section className="card report" aria-labelledby="levels-title">
      <h2 id="levels-title">
        Service level <span className="count">first reply of a person within {duration(withinMinutes * 60)}</span>
      </h2>
      {serviceLevels.length === 0 ? (
        <p className="empty">Nobody was answered in this window.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Of the answered</th>
              <th scope="col">Given up counted</th>
              <th scope="col">Answered</th>
              <th scope="col">In time</th>
              <th scope="col">Given up</th>
              <th scope="col">Answered automatically</th>
              <th scope="col">Solved without a reply</th>
            </tr>
          </thead>
          <tbody>
            {serviceLevels.map((level) => (
              <tr key={level.queueId}>
                <th scope="row">{level.title}</th>
                <td>{share(level.serviceLevel)}</td>
                <td>{share(level.serviceLevel2)}</td>
                <Count of={level.replied} />
                <Count of={level.repliedWithin} />
                <Count of={level.abandoned} />
                <Count of={level.deflected} />
                <Count of={level.solvedUnanswered} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="quiet small">Automatic answers that helped are in neither level: no person was waited for.</p>
    </section>
  );
}

/** What the last changes of policies and calendars did to the open tickets' clocks. */
function Recomputed() {
  const { value } = useResource<Recomputations>('/configuration/recomputations', (change) => change.kind === 'recomputation');
  if (!value || value.recomputations.length === 0) return null;
  return (
    <section className="card report" aria-labelledby="recomputed-title">
      <h2 id="recomputed-title">Policies and calendars applied</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Bundle</th>
            <th scope="col">As of</th>
            <th scope="col">Open tickets</th>
            <th scope="col">Moved</th>
            <th scope="col">Earlier</th>
            <th scope="col">Later</th>
            <th scope="col">Breaches added</th>
            <th scope="col">Breaches withdrawn</th>
          </tr>
        </thead>
        <tbody>
          {value.recomputations.map(
            ({ bundle, asOf, done, checked, tickets, moved, earlier, later, breachesAdded, breachesWithdrawn, problems }) => (
              <tr key={bundle}>
                <th scope="row">
                  {bundle}
                  {problems.length > 0 && (
                    <span className="tag warn" title={problems.join('; ')}>
                      {plural(problems.length, 'problem')}
                    </span>
                  )}
                </th>
                <td>
                  <time dateTime={asOf} title={fullMoment(asOf)}>
                    {moment(asOf, serverNow())}
                  </time>
                </td>
                <td>{done ? tickets : `${checked} of ${tickets}…`}</td>
                <Count of={moved} />
                <Count of={earlier} />
                <Count of={later} />
                <Count of={breachesAdded} />
                <Count of={breachesWithdrawn} />
              </tr>
            ),
          )}
        </tbody>
      </table>
    </section>
  );
}
