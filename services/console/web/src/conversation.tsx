import { useEffect, useRef } from 'react';
import type { Story } from './api.js';
import { serverNow } from './clock.js';
import { customerName, fullMoment, moment } from './words.js';

type Message = Story['messages'][number];
type Note = Story['notes'][number];

/** Whoever reads further up is left there when something arrives. */
const AT_END_PX = 80;

/** Messages in both directions and the notes between them, in the order of their times. */
export function Conversation({ story }: { readonly story: Story }) {
  const { messages, notes } = story;
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const count = messages.length + notes.length;
  useEffect(() => {
    const log = list.current!;
    const follow = (): void => {
      if (atEnd.current) log.scrollTo({ top: log.scrollHeight });
    };
    follow();
    const sizes = new ResizeObserver(follow);
    sizes.observe(log);
    return () => sizes.disconnect();
  }, [count]);
  const entries = [
    ...messages.map((message) => ({ at: message.at, message, note: undefined })),
    ...notes.map((note) => ({ at: note.at, message: undefined, note })),
  ].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return (
    <div
      ref={list}
      className="conversation"
      role="log"
      aria-label="Conversation"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
      }}
    >
      {entries.map(({ message, note }) =>
        message ? (
          <MessageEntry key={message.messageId} message={message} customer={customerName(story)} />
        ) : (
          <NoteEntry key={note.noteId} note={note} />
        ),
      )}
      {count === 0 && <p className="empty">No message yet.</p>}
    </div>
  );
}

function MessageEntry({ message, customer }: { readonly message: Message; readonly customer: string }) {
  const { author, kind, name, text, at, article, attachments } = message;
  const from = author === 'customer' ? customer : author === 'answer' ? 'Automatic answer' : (name ?? 'Agent');
  return (
    <article className={`message ${author}`} aria-label={`${from}, ${fullMoment(at)}`}>
      <header>
        <b>{from}</b>
        {kind === 'human' ? null : <span className="tag">{kind}</span>}
        {article && <span className="quiet">{article.title}</span>}
        <Delivery delivery={message.delivery} isOurs={author !== 'customer'} />
        <Time at={at} />
      </header>
      <p className="text">{text}</p>
      {attachments.length > 0 && (
        <p className="quiet">
          {attachments.length === 1 ? 'Attachment' : 'Attachments'}: {attachments.map((attachment) => attachment.filename).join(', ')}
        </p>
      )}
    </article>
  );
}

const NoteEntry = ({ note }: { readonly note: Note }) => (
  <article className="message note" aria-label={`Internal note of ${note.name}, ${fullMoment(note.at)}`}>
    <header>
      <b>{note.name}</b>
      <span className="tag note-tag">internal note</span>
      <Time at={note.at} />
    </header>
    <p className="text">{note.text}</p>
  </article>
);

const Time = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={fullMoment(at)}>
    {moment(at, serverNow())}
  </time>
);

function Delivery({ delivery, isOurs }: { readonly delivery: Message['delivery']; readonly isOurs: boolean }) {
  if (!isOurs) return null;
  if (!delivery) return <span className="quiet">on its way</span>;
  if (delivery.state === 'delivered') return <span className="quiet">delivered</span>;
  return (
    <span className="tag warn" title={delivery.reason}>
      {delivery.state === 'failed' ? 'not delivered' : 'delivery is tried again'}
    </span>
  );
}
