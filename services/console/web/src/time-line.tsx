import { useId } from 'react';
import type { RequestRow } from './api.js';
import { duration, moment } from './words.js';

export type ExplainedClock = NonNullable<NonNullable<RequestRow['outcome']>['explained']>['clocks'][number];

const [WIDTH, BAR_TOP, BAR_HEIGHT, HEIGHT] = [720, 18, 14, 52];
/** About as wide as a label is: where two would meet, the less telling one gives way. */
const LABEL_WIDTH = 92;

interface Props {
  readonly clock: ExplainedClock;
  readonly name: string;
  readonly span: { readonly from: number; readonly to: number };
  readonly now: number;
}

/** One clock's life as a bar: what counted, what did not, and the marks. Drawn, because the page's policy allows no inline styles. */
export function TimeLine({ clock, name, span, now }: Props) {
  const hatch = useId();
  const { dueAt, breachedAt, stoppedAt, segments, startedAt } = clock;
  const at = (instant: number): number => ((instant - span.from) / (span.to - span.from)) * (WIDTH - 2) + 1;
  const over = stoppedAt !== null;
  const nowAt = over ? undefined : at(now);
  const stoppedX = over ? at(Date.parse(stoppedAt)) : undefined;
  const due = dueAt === null ? null : { x: at(Date.parse(dueAt)), kind: breachedAt === null ? 'due' : 'breach', words: moment(dueAt, now) };
  const below = nowAt ?? stoppedX!;
  const first = at(Date.parse(startedAt));
  const spoken = `${name}: started ${moment(startedAt, now)}${dueAt === null ? '' : `, due ${moment(dueAt, now)}`}, ${duration(clock.spentMinutes * 60)} counted`;
  return (
    <svg className="time-line" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken}>
      <defs>
        <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="hatch-ground" width="6" height="6" />
          <line className="hatch-line" x1="0" y1="0" x2="0" y2="6" />
        </pattern>
      </defs>
      <line className="axis" x1="0" x2={WIDTH} y1={BAR_TOP + BAR_HEIGHT / 2} y2={BAR_TOP + BAR_HEIGHT / 2} />
      {segments.map(({ from, to, counted, why }) => {
        const [x, end] = [at(Date.parse(from)), at(Date.parse(to))];
        const paused = why === 'pending' || why === 'on-hold';
        return (
          <rect
            key={from}
            className={counted ? 'counted' : paused ? 'paused' : 'closed'}
            {...(paused && !counted && { fill: `url(#${hatch})` })}
            x={x}
            y={BAR_TOP}
            width={Math.max(1, end - x)}
            height={BAR_HEIGHT}
          >
            <title>{`${moment(from, now)} – ${moment(to, now)}: ${why}`}</title>
          </rect>
        );
      })}
      {Math.abs(first - below) > LABEL_WIDTH && <Label x={first} y={HEIGHT - 6} words={moment(startedAt, now)} />}
      {nowAt !== undefined && <Mark x={nowAt} kind="now" />}
      {nowAt !== undefined && <Label x={nowAt} y={HEIGHT - 6} words="now" kind="now" />}
      {stoppedX !== undefined && <Mark x={stoppedX} kind="stopped" />}
      {stoppedX !== undefined && <Label x={stoppedX} y={HEIGHT - 6} words={`stopped ${moment(stoppedAt!, now)}`} />}
      {due && <Mark x={due.x} kind={due.kind} />}
      {due && <Label x={due.x} y={11} words={`${due.kind === 'due' ? 'due' : 'breached'} ${due.words}`} kind={due.kind} />}
    </svg>
  );
}

const Mark = ({ x, kind }: { readonly x: number; readonly kind: string }) => (
  <line className={`mark ${kind}`} x1={x} x2={x} y1={BAR_TOP - 4} y2={BAR_TOP + BAR_HEIGHT + 4} />
);

/** A label stays inside of the drawing. */
function Label({ x, y, words, kind = '' }: { readonly x: number; readonly y: number; readonly words: string; readonly kind?: string }) {
  const anchor = x < LABEL_WIDTH / 2 ? 'start' : x > WIDTH - LABEL_WIDTH / 2 ? 'end' : 'middle';
  return (
    <text className={`label ${kind}`} x={anchor === 'start' ? 0 : anchor === 'end' ? WIDTH : x} y={y} textAnchor={anchor}>
      {words}
    </text>
  );
}
