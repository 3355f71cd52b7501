import { useState } from 'react';
import type { Story } from './api.js';
import { serverNow } from './clock.js';
import { ClocksDialog } from './clocks-dialog.js';
import { Deadline } from './deadline.js';
import { useKeys } from './keyboard.js';
import { clockName, duration, fullMoment, moment } from './words.js';

/** The clocks that matter now, counting down; how they come about is a key away. */
export function Clocks({ story }: { readonly story: Story }) {
  const [explained, setExplained] = useState(false);
  const shown = story.clocks.filter((clock) => clock.status !== 'canceled').slice(-6);
  const explain = shown.length === 0 ? undefined : () => setExplained(true);
  useKeys({ e: explain });
  if (!explain) return null;
  return (
    <section aria-labelledby="clocks-title">
      <h2 id="clocks-title" className="line">
        <span className="grow">Clocks</span>
        <button type="button" className="link small" onClick={explain}>
          Explain <kbd>e</kbd>
        </button>
      </h2>
      <ul className="pairs">
        {shown.map((clock) => (
          <li key={`${clock.target} ${clock.instance}`}>
            <span>
              {clockName(clock)} <span className="quiet">within {duration(clock.targetMinutes * 60)}</span>
            </span>
            <State clock={clock} />
          </li>
        ))}
      </ul>
      {explained && <ClocksDialog story={story} close={() => setExplained(false)} />}
    </section>
  );
}

function State({ clock }: { readonly clock: Story['clocks'][number] }) {
  const { status, dueAt, pausedSince } = clock;
  if (status === 'running' || status === 'breached')
    return <Deadline dueAt={dueAt} breached={status === 'breached'} label={clockName(clock)} />;
  if (status === 'paused' && pausedSince !== undefined)
    return (
      <time className="chip calm" dateTime={pausedSince} title={`Paused since ${fullMoment(pausedSince)}`}>
        paused since {moment(pausedSince, serverNow())}
      </time>
    );
  return <span className={`chip ${status === 'met-late' ? 'late' : 'calm'}`}>{status === 'met-late' ? 'met late' : status}</span>;
}
