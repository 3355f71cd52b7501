import { useEffect, useId, useRef, useState } from 'react';
import type { RequestRow } from './api.js';
import { duration, moment } from './words.js';

export type ExplainedClock = NonNullable<NonNullable<RequestRow['outcome']>['explained']>['clocks'][number];

const [BAR_TOP, BAR_HEIGHT, HEIGHT] = [18, 14, 52];
/** Of a label's letters and of the space between two labels, in px at the style's 11 px: a guess on the safe side. */
const [LETTER, GAP] = [6.2, 8];
/** Until the drawing is measured. */
const WIDTH = 720;

interface Props {
  readonly clock: ExplainedClock;
  readonly name: string;
  readonly span: { readonly from: number; readonly to: number };
  readonly now: number;
}

/** One clock's life as a bar: what counted, what did not, and the marks. Drawn, because the page's policy allows no inline styles. */
export function TimeLine({ clock, name, span, now }: Props) {
  const hatch = useId();
  const { drawing, width } = useWidth();
  const { dueAt, breachedAt, stoppedAt, segments, startedAt } = clock;
  const at = (instant: number): number => ((instant - span.from) / (span.to - span.from)) * (width - 2) + 1;
  const endX = at(stoppedAt === null ? now : Date.parse(stoppedAt));
  const due = dueAt === null ? null : { x: at(Date.parse(dueAt)), kind: breachedAt === null ? 'due' : 'breach', words: moment(dueAt, now) };
  const startLabel = labelAt(at(Date.parse(startedAt)), moment(startedAt, now), width);
  const endLabel = labelAt(endX, stoppedAt === null ? 'now' : `stopped ${moment(stoppedAt, now)}`, width);
  const spoken = `${name}: started ${moment(startedAt, now)}${dueAt === null ? '' : `, due ${moment(dueAt, now)}`}, ${duration(clock.spentMinutes * 60)} counted`;
  return (
    <svg ref={drawing} className="time-line" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={spoken}>
      <defs>
        <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="hatch-ground" width="6" height="6" />
          <line className="hatch-line" x1="0" y1="0" x2="0" y2="6" />
        </pattern>
      </defs>
      <line className="axis" x1="0" x2={width} y1={BAR_TOP + BAR_HEIGHT / 2} y2={BAR_TOP + BAR_HEIGHT / 2} />
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
      {/* Where the two would meet, the less telling one gives way. */}
      {startLabel.to + GAP < endLabel.from && <Label {...startLabel} y={HEIGHT - 6} />}
      <Label {...endLabel} y={HEIGHT - 6} />
      <Mark x={endX} kind={stoppedAt === null ? 'now' : 'stopped'} />
      {due && <Mark x={due.x} kind={due.kind} />}
      {due && <Label {...labelAt(due.x, `${due.kind === 'due' ? 'due' : 'breached'} ${due.words}`, width)} y={11} kind={due.kind} />}
    </svg>
  );
}

const Mark = ({ x, kind }: { readonly x: number; readonly kind: string }) => (
  <line className={`mark ${kind}`} x1={x} x2={x} y1={BAR_TOP - 4} y2={BAR_TOP + BAR_HEIGHT + 4} />
);

interface Placed {
  readonly words: string;
  readonly from: number;
  readonly to: number;
}
/** Below or above its instant, but inside of the drawing. */
function labelAt(x: number, words: string, width: number): Placed {
  const long = words.length * LETTER;
  const from = Math.max(0, Math.min(x - long / 2, width - long));
  return { words, from, to: from + long };
}
const Label = ({ words, from, to, y, kind = '' }: Placed & { readonly y: number; readonly kind?: string }) => (
  <text className={`label ${kind}`} x={(from + to) / 2} y={y} textAnchor="middle">
    {words}
  </text>
);

/** How wide it is drawn, in px: one unit of the drawing is one px, so letters have their size on any screen. */
function useWidth() {
  const drawing = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(WIDTH);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(1, Math.round(entry!.contentRect.width))));
    observer.observe(drawing.current!);
    return () => observer.disconnect();
  }, []);
  return { drawing, width };
}
