import { useState } from 'react';
import type { Me, Story } from './api.js';
import { serverNow } from './clock.js';
import { Dialog } from './dialog.js';
import { Form } from './hand-over-dialogs.js';
import { useAsking } from './requests.js';
import { duration, fullMoment, moment, targetName, titled } from './words.js';

type Escalation = Story['escalations'][number];
type Notification = Story['notifications'][number];

const LATE_SHOWN_MS = 1_000;
const REASON_LENGTH_MAX = 200;
const isOver = ({ status }: Story): boolean => status === 'solved' || status === 'closed';

/** The chain upwards: which levels fired and why, what they asked for, and who was told. The newest first. */
export function Escalations({ story, me }: { readonly story: Story; readonly me: Me }) {
  const [stopping, setStopping] = useState(false);
  const { escalations, notifications, escalationCanceled } = story;
  const mayStop = me.role !== 'agent' && !isOver(story) && !escalationCanceled && story.clocks.length > 0;
  if (escalations.length === 0 && !escalationCanceled && !mayStop) return null;
  return (
    <section aria-labelledby="escalation-title">
      <h2 id="escalation-title" className="line">
        <span className="grow">Escalation</span>
        {mayStop && (
          <button type="button" className="link small" onClick={() => setStopping(true)}>
            Stop escalating
          </button>
        )}
      </h2>
      {escalationCanceled && (
        <p className="stopped">
          Stopped by {escalationCanceled.name} <At at={escalationCanceled.canceledAt} />: {escalationCanceled.reason}
        </p>
      )}
      {escalations.length === 0 && !escalationCanceled && <p className="empty">No level has fired.</p>}
      <ol className="escalations">
        {escalations.toReversed().map((escalation, index) => (
          <Level key={escalations.length - index} escalation={escalation} notifications={notifications} />
        ))}
      </ol>
      {stopping && <StopDialog story={story} close={() => setStopping(false)} />}
    </section>
  );
}

function Level({ escalation, notifications }: { readonly escalation: Escalation; readonly notifications: readonly Notification[] }) {
  const { level, target, escalatedAt, lateMs = 0, explanation, heldUntil, heldFor, recipients, recipientsLeftOut } = escalation;
  const asked = askedFor(escalation);
  const own = notifications.filter((one) => one.level === level && one.cause === escalation.cause && one.target === target);
  const unnamed = own.filter((one) => !recipients.some(({ via, to }) => via === one.via && to === one.to));
  return (
    <li>
      <p className="level">
        <b>Level {level}</b>
        <span className="quiet grow">{target === undefined ? CAUSES[escalation.cause] : targetName(target)}</span>
        <At at={escalatedAt} />
      </p>
      <p>{explanation.replace(`level ${level}: `, '')}</p>
      {lateMs >= LATE_SHOWN_MS && <p className="late-by">said {duration(lateMs / 1000)} late</p>}
      {asked.length > 0 && <p className="quiet">Asked for: {asked.join(', ')}</p>}
      {heldUntil !== undefined && (
        <p className="quiet">
          Quiet hours: held until <At at={heldUntil} />
          {own.length === 0 && heldFor.length > 0 && `, then for ${heldFor.join(', ')}`}
        </p>
      )}
      <ul className="told">
        {[...recipients, ...unnamed].map((recipient) => {
          const word = own.find(({ via, to }) => via === recipient.via && to === recipient.to);
          return (
            <li key={`${recipient.via} ${recipient.to}`}>
              <span title={'because' in recipient ? recipient.because : undefined}>
                {recipient.name} <span className="quiet">by {recipient.via}</span>
              </span>
              <Word word={word} />
            </li>
          );
        })}
        {recipientsLeftOut !== undefined && <li className="quiet">and {recipientsLeftOut} more</li>}
      </ul>
    </li>
  );
}

function Word({ word }: { readonly word: Notification | undefined }) {
  if (!word) return <span className="quiet">not told yet</span>;
  if (word.failed !== undefined)
    return (
      <span className="not-told" title={word.failed}>
        not told: {word.failed}
      </span>
    );
  return (
    <span className="quiet">
      told <At at={word.at} />
    </span>
  );
}

const At = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={fullMoment(at)}>
    {moment(at, serverNow())}
  </time>
);

const CAUSES: Readonly<Record<Escalation['cause'], string>> = {
  due: 'deadline',
  complexity: 'complexity',
  'not-accepted': 'not accepted',
  declines: 'declined too often',
  reopenings: 'reopened too often',
  sentiment: 'the customer is upset',
  'silent-owner': 'silent owner',
};

function askedFor({ raisePriorityTo, addSkills = {}, requeue, offerRescue, reassignToRole }: Escalation): string[] {
  return [
    ...(raisePriorityTo === undefined ? [] : [`priority ${raisePriorityTo}`]),
    ...Object.entries(addSkills).map(([skill, level]) => `${skill} ≥ ${level}`),
    ...(requeue === true ? ['back to its queue'] : []),
    ...(offerRescue === true ? ['somebody who can begin it sooner'] : []),
    ...(reassignToRole === undefined ? [] : [`somebody in the role ${reassignToRole}`]),
  ];
}

/** A supervisor has it in hand. */
function StopDialog({ story, close }: { readonly story: Story; readonly close: () => void }) {
  const { ask } = useAsking();
  const [reason, setReason] = useState('');
  const words = reason.trim();
  return (
    <Dialog title={`Stop escalating ${titled(story)}`} close={close}>
      <p className="quiet">No further level will fire, and nobody who has not been told yet will be. Its clocks go on.</p>
      <Form
        close={close}
        words="Stop escalating"
        ready={words !== ''}
        send={() => void ask(story.ticketId, 'Stop escalating', '/cancel-escalation', { reason: words })}
      >
        <label htmlFor="why-stop">Reason</label>
        <input
          id="why-stop"
          value={reason}
          maxLength={REASON_LENGTH_MAX}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}
