import type { Me, Story, TicketRow } from './api.js';
import { serverNow } from './clock.js';
import { Clocks } from './clocks.js';
import { Decisions, WhyMe } from './decisions.js';
import { Escalations } from './escalations.js';
import { goToTicket } from './route.js';
import { fileSize, fullMoment, moment, readable, titled, unbroken } from './words.js';

interface Props {
  readonly story: Story;
  readonly me: Me;
  /** Puts a text into the reply, where there is one. */
  readonly insert: ((text: string) => void) | undefined;
}

/** Right: why it came here, its clocks, its customer, what may help, and what happened. */
export function Sidebar({ story, me, insert }: Props) {
  return (
    <aside className="sidebar" aria-label="About this ticket">
      <Origin story={story} />
      <Clocks story={story} />
      <Escalations story={story} me={me} />
      <Customer story={story} />
      <Attachments story={story} />
      <Articles suggestions={story.suggestions} insert={insert} />
      {me.role !== 'agent' && <Decisions decisions={story.decisions} />}
      <History history={story.history} />
    </aside>
  );
}

/** An older decision for me says nothing of why it is mine now: only the one that made it so is shown, or who did. */
function Origin({ story: { myOrigin, decisions } }: Pick<Props, 'story'>) {
  if (!myOrigin) return null;
  const { proposalId, by } = myOrigin;
  const decision = proposalId === null ? undefined : decisions.find((one) => one.proposalId === proposalId);
  if (decision) return <WhyMe decision={decision} />;
  if (!by) return null;
  return (
    <section aria-labelledby="origin-title">
      <h2 id="origin-title">How it came to you</h2>
      <p>
        {by.how === 'forced'
          ? `Given to you by ${by.name}${by.reason === undefined ? '.' : `: ${by.reason}`}`
          : `Handed on to you by ${by.name}.`}
      </p>
    </section>
  );
}

function Customer({ story }: { readonly story: Story }) {
  const { customer, earlier, satisfaction } = story;
  return (
    <section aria-labelledby="customer-title">
      <h2 id="customer-title">Customer</h2>
      <p>
        {customer?.name ?? customer?.address ?? 'unknown'} {customer?.tier != null && <span className="tag">{customer.tier}</span>}
      </p>
      {customer?.name != null && <p className="quiet address">{customer.address}</p>}
      {satisfaction !== null && <p className="quiet">rated this ticket {satisfaction} of 5</p>}
      <h3>Other tickets</h3>
      {earlier.length === 0 && <p className="empty">None that you may see.</p>}
      <ul className="pairs">
        {earlier.map((ticket) => (
          <Earlier key={ticket.ticketId} ticket={ticket} />
        ))}
      </ul>
    </section>
  );
}

const Earlier = ({ ticket }: { readonly ticket: TicketRow }) => (
  <li>
    <button type="button" className="link" onClick={() => goToTicket(ticket.ticketId)}>
      {titled(ticket)}
    </button>
    <span className={`status ${ticket.status}`}>{ticket.status}</span>
  </li>
);

function Attachments({ story }: { readonly story: Story }) {
  const attachments = story.messages.flatMap((message) => message.attachments);
  if (attachments.length === 0) return null;
  return (
    <section aria-labelledby="attachments-title">
      <h2 id="attachments-title">Attachments</h2>
      <ul className="pairs">
        {attachments.map(({ attachmentId, sha256, filename, sizeBytes }) => (
          <li key={attachmentId}>
            <a href={`/api/v1/attachments/${sha256}`} download={filename}>
              {filename}
            </a>
            <span className="quiet">{fileSize(sizeBytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Articles({ suggestions, insert }: Pick<Story, 'suggestions'> & Pick<Props, 'insert'>) {
  if (suggestions.length === 0) return null;
  return (
    <section aria-labelledby="articles-title">
      <h2 id="articles-title">Suggested articles</h2>
      {suggestions.map(({ articleId, locale, title, confidence, text }) => (
        <details key={`${articleId} ${locale}`}>
          <summary>
            <span className="quiet">{unbroken(`${Math.round(confidence * 100)} %`)}</span> {title}
          </summary>
          <p className="text">{text ?? 'Its text is not in the configuration any more.'}</p>
          {text !== null && insert && (
            <button type="button" onClick={() => insert(text)}>
              Insert into the reply
            </button>
          )}
        </details>
      ))}
    </section>
  );
}

function History({ history }: Pick<Story, 'history'>) {
  return (
    <section aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <ol className="history">
        {history.toReversed().map(({ at, topic, type, words }, index) => (
          <li key={history.length - index}>
            <time dateTime={at} title={fullMoment(at)}>
              {moment(at, serverNow())}
            </time>
            <span title={`${type} on ${topic}`}>{readable(words, serverNow())}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
