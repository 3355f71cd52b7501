import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import type { Me, Story } from './api.js';
import { WhyWaiting } from './board.js';
import { Composer, type ComposerHandle } from './composer.js';
import { Conversation } from './conversation.js';
import { CannotMake, Countdown, Deadline } from './deadline.js';
import { ConsultDialog, MergeDialog, OverruleDialog, TransferDialog } from './hand-over-dialogs.js';
import { useKeys } from './keyboard.js';
import { useAsking, type Wish } from './requests.js';
import { goToTicket } from './route.js';
import { Sidebar } from './sidebar.js';
import { HoldDialog, SolveDialog } from './status-dialogs.js';
import { useResource } from './stream.js';
import { customerName, languageName } from './words.js';

interface Props {
  readonly ticketId: string;
  readonly me: Me;
  readonly accept: (ticketId: string, offerId: string) => void;
  readonly decline: (ticketId: string) => void;
  readonly close: () => void;
}

/** Middle and right: one ticket's conversation, and everything known about it. */
export function TicketView({ ticketId, me, accept, decline, close }: Props) {
  const { value: story, problem } = useResource<Story>(
    `/tickets/${encodeURIComponent(ticketId)}`,
    (change) => change.kind === 'ticket' && change.id === ticketId,
  );
  const { wishes, ask, dismiss } = useAsking();
  const [dialog, setDialog] = useState<'hold' | 'solve' | 'transfer' | 'consult' | 'merge' | 'overrule' | null>(null);
  const composer = useRef<ComposerHandle>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const wish = wishes.get(ticketId);
  const isKnown = story !== undefined;
  // The keyboard goes where the eye goes: what was opened is read from its heading on. Before it is seen: later it would take the focus
  // from a field that somebody quick is in already.
  useLayoutEffect(() => heading.current?.focus(), [isKnown]);

  const isMine = story?.owner?.agentId === me.agentId;
  const isHeld = story?.status === 'pending' || story?.status === 'on-hold';
  const isOver = story?.status === 'solved' || story?.status === 'closed';
  const actions = {
    hold: isMine && !isOver ? () => setDialog('hold') : undefined,
    resume: isMine && isHeld ? () => void ask(ticketId, 'Resume', '/resume', {}) : undefined,
    solve: isMine && !isOver ? () => setDialog('solve') : undefined,
    transfer: isMine && !isOver ? () => setDialog('transfer') : undefined,
    consult: isMine && !isOver ? () => setDialog('consult') : undefined,
    merge: (isMine || (me.role !== 'agent' && story !== undefined)) && story?.status !== 'closed' ? () => setDialog('merge') : undefined,
    overrule: me.role !== 'agent' && story !== undefined && !isOver ? () => setDialog('overrule') : undefined,
  };
  useKeys({
    r: () => composer.current?.focus('reply'),
    n: () => composer.current?.focus('note'),
    h: actions.hold,
    u: actions.resume,
    s: actions.solve,
    f: actions.transfer,
    c: actions.consult,
    m: actions.merge,
    o: actions.overrule,
    Escape: () => {
      if (document.activeElement instanceof HTMLTextAreaElement) heading.current?.focus();
      else close();
    },
  });

  if (!story) {
    return (
      <section className="nothing-open" role="status">
        <p>{problem?.message ?? 'Reading…'}</p>
      </section>
    );
  }
  const offer = story.offer?.agentId === me.agentId ? story.offer : null;
  const waits = (story.status === 'new' || story.status === 'open') && !story.owner && !story.offer;
  return (
    <>
      <article className="ticket" aria-labelledby="subject">
        <header className="ticket-top">
          <div className="ticket-title">
            <h1 id="subject" ref={heading} tabIndex={-1}>
              <span className="number">#{story.number ?? '…'}</span> {story.subject ?? 'not received yet'}
            </h1>
            <div className="line actions">
              {actions.resume && (
                <button type="button" onClick={actions.resume}>
                  Resume <kbd>u</kbd>
                </button>
              )}
              {actions.hold && (
                <button type="button" onClick={actions.hold}>
                  Hold <kbd>h</kbd>
                </button>
              )}
              {actions.solve && (
                <button type="button" onClick={actions.solve}>
                  Solve <kbd>s</kbd>
                </button>
              )}
              {actions.transfer && (
                <button type="button" onClick={actions.transfer}>
                  Hand over <kbd>f</kbd>
                </button>
              )}
              {actions.consult && (
                <button type="button" onClick={actions.consult}>
                  Ask a colleague <kbd>c</kbd>
                </button>
              )}
              {actions.merge && (
                <button type="button" onClick={actions.merge}>
                  Merge <kbd>m</kbd>
                </button>
              )}
              {actions.overrule && (
                <button type="button" onClick={actions.overrule}>
                  Decide <kbd>o</kbd>
                </button>
              )}
              <button type="button" className="plain" onClick={close}>
                Close <kbd>Esc</kbd>
              </button>
            </div>
          </div>
          <Facts story={story} me={me} />
          {waits && (
            <p className="notice calm">
              <b>Waits for an agent.</b> <WhyWaiting {...(story.waiting ?? { reasons: [], step: 0, nextStepAt: null, queuedAt: null })} />
            </p>
          )}
          {offer && (
            <div className="notice calm line">
              <span className="grow">
                <b>Offered to you.</b> The offer ends in <Countdown expiresAt={offer.expiresAt} />
              </span>
              <button type="button" className="main" disabled={wish?.state === 'sending'} onClick={() => accept(ticketId, offer.offerId)}>
                Accept <kbd>a</kbd>
              </button>
              <button type="button" disabled={wish?.state === 'sending'} onClick={() => decline(ticketId)}>
                Decline <kbd>d</kbd>
              </button>
            </div>
          )}
          {story.owner && story.offer && !offer && (
            <p className="notice calm">
              <b>Its deadline is near:</b> {story.offer.name} is asked to take it on. It stays with {isMine ? 'you' : story.owner.name}{' '}
              until they accept; a reply ends the offer.
            </p>
          )}
          {story.handOverSince !== null && (
            <p className="notice calm">
              <b>To be handed over:</b> the shift of its owner is over.
            </p>
          )}
          {story.mergedInto && (
            <p className="notice calm">
              <b>Merged into</b> <TicketLink {...story.mergedInto} />: it goes on there.
            </p>
          )}
          {story.mergedFrom.length > 0 && (
            <p className="notice calm">
              <b>Merged into it:</b>{' '}
              {story.mergedFrom.map((other, index) => (
                <span key={other.ticketId}>
                  {index > 0 && ', '}
                  <TicketLink {...other} />
                </span>
              ))}
            </p>
          )}
          <Consults story={story} me={me} />
          <WishLine wish={wish} dismiss={() => dismiss(ticketId)} />
        </header>
        <Conversation story={story} />
        <Composer ref={composer} story={story} me={me} mayReply={isMine} />
      </article>
      <Sidebar story={story} me={me} insert={isMine ? (text) => composer.current?.insert(text) : undefined} />
      {dialog === 'hold' && <HoldDialog story={story} close={() => setDialog(null)} />}
      {dialog === 'transfer' && <TransferDialog story={story} close={() => setDialog(null)} />}
      {dialog === 'consult' && <ConsultDialog story={story} close={() => setDialog(null)} />}
      {dialog === 'merge' && <MergeDialog story={story} close={() => setDialog(null)} />}
      {dialog === 'overrule' && <OverruleDialog story={story} close={() => setDialog(null)} />}
      {dialog === 'solve' && <SolveDialog story={story} close={() => setDialog(null)} />}
    </>
  );
}

/** Only where its reader may follow it. */
function TicketLink({ ticketId, number, visible }: NonNullable<Story['mergedInto']>) {
  const name = `#${number ?? '…'}`;
  if (!visible) return <>{name}</>;
  return (
    <a
      href={`/tickets/${encodeURIComponent(ticketId)}`}
      onClick={(event) => {
        event.preventDefault();
        goToTicket(ticketId);
      }}
    >
      {name}
    </a>
  );
}

function Facts({ story, me }: { readonly story: Story; readonly me: Me }) {
  const { status, priority, categoryTitle, complexity, language, channel, queueTitle, owner, offer, escalationLevel, escalations } = story;
  const handledBy = owner?.agentId === me.agentId ? 'you' : (owner?.name ?? (offer ? `offered to ${offer.name}` : 'nobody yet'));
  return (
    <dl className="facts">
      <Fact name="Customer">{customerName(story)}</Fact>
      <Fact name="Status">
        <span className={`status ${status}`}>{status}</span>
      </Fact>
      <Fact name="Priority">
        <span className={`priority ${priority}`}>{priority}</span>{' '}
        {escalationLevel > 0 && (
          <span className="tag warn" title={escalations.at(-1)?.explanation}>
            escalated, level {escalationLevel}
          </span>
        )}
      </Fact>
      <Fact name="Due">
        {story.dueAt === null && !story.breached ? 'no clock runs' : <Deadline dueAt={story.dueAt} breached={story.breached} />}{' '}
        {story.cannotMake && <CannotMake outlook={story.cannotMake} />}
      </Fact>
      <Fact name="Owner">{handledBy}</Fact>
      <Fact name="Category">{categoryTitle ?? 'none yet'}</Fact>
      <Fact name="Language">{language === null ? 'unknown' : languageName(language)}</Fact>
      <Fact name="Channel">{channel ?? 'unknown'}</Fact>
      <Fact name="Complexity">{complexity === null ? 'unknown' : `${complexity} of 5`}</Fact>
      <Fact name="Queue">{queueTitle ?? 'none yet'}</Fact>
    </dl>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** Who is asked, seen by both; either of them may end it. */
function Consults({ story, me }: { readonly story: Story; readonly me: Me }) {
  const { ask } = useAsking();
  return story.consulted.map(({ agentId, name }) => {
    const mayEnd = agentId === me.agentId || story.owner?.agentId === me.agentId;
    return (
      <div key={agentId} className="notice calm line">
        <span className="grow">
          {agentId === me.agentId ? `${story.owner?.name ?? 'A colleague'} asks you to look at it.` : `${name} is asked to look at it too.`}
        </span>
        {mayEnd && (
          <button
            type="button"
            className="plain"
            onClick={() => void ask(story.ticketId, 'End the consultation', '/consult-end', { agentId })}
          >
            End
          </button>
        )}
      </div>
    );
  });
}

/** What became of the last wish. A refusal stays until it was read. */
function WishLine({ wish, dismiss }: { readonly wish: Wish | undefined; readonly dismiss: () => void }) {
  if (!wish) return null;
  if (wish.state === 'sending') return <p className="notice sending">{wish.words}: sending…</p>;
  return (
    <div className="notice line" role="alert">
      <span className="grow">
        <b>{wish.words} was refused.</b> {wish.message}
      </span>
      <button type="button" className="plain" onClick={dismiss}>
        OK
      </button>
    </div>
  );
}
