import { useEffect, useRef, useState } from 'react';
import { call, type Notices as Told } from './api.js';
import { serverNow } from './clock.js';
import { goToTicket } from './route.js';
import { tell, useResource } from './stream.js';
import { fullMoment, moment, plural, targetName, titled } from './words.js';

type Notice = Told['notices'][number];
/** In place of an explanation that is not here yet. */
const whatFired = ({ level, target }: Notice): string => `level ${level}${target === null ? '' : `, ${targetName(target)}`}`;
const nameOf = ({ ticket }: Notice): string => (ticket ? titled(ticket) : 'A ticket of another queue');

/** What I was told of escalations: quiet, until I look. The browser's own popover: Esc closes it. */
export function Notices({ announce }: { readonly announce: (words: string) => void }) {
  const [known, setKnown] = useState<ReadonlySet<string>>(new Set());
  const { value } = useResource<Told>(
    '/notices',
    (change) => change.kind === 'notice' || (change.kind === 'ticket' && known.has(change.id)),
  );
  const list = useRef<HTMLDivElement>(null);
  const notices = value?.notices ?? [];
  const newest = notices[0];
  useEffect(() => setKnown(new Set(value?.notices.map(({ ticketId }) => ticketId))), [value]);
  useEffect(() => {
    if (newest) announce(`Notice: ${nameOf(newest)}`);
  }, [newest?.noticeId]);
  if (!newest) return null;
  const dismiss = (noticeId: number): void => {
    void call('DELETE', `/notices/${noticeId}`)
      .catch(() => undefined)
      .finally(() => tell({ kind: 'resync' }));
  };
  return (
    <>
      <button type="button" className="plain notices-button" popoverTarget="notices">
        {plural(notices.length, 'notice')}
      </button>
      <div id="notices" ref={list} className="notices" popover="auto" role="region" aria-label="Notices">
        <ul>
          {notices.map((notice) => (
            <li key={notice.noticeId}>
              <div>
                <button
                  type="button"
                  className="link"
                  disabled={!notice.ticket}
                  onClick={() => {
                    list.current?.hidePopover();
                    goToTicket(notice.ticketId);
                  }}
                >
                  {nameOf(notice)}
                </button>
                <p>{notice.explanation ?? whatFired(notice)}</p>
                <p className="quiet small">
                  <time dateTime={notice.at} title={fullMoment(notice.at)}>
                    {moment(notice.at, serverNow())}
                  </time>
                </p>
              </div>
              <button
                type="button"
                className="plain small"
                aria-label={`Dismiss ${nameOf(notice)}`}
                onClick={() => dismiss(notice.noticeId)}
              >
                Dismiss
              </button>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
