import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Inbox, Me, Offer, TicketList, TicketRow } from './api.js';
import { Countdown, Deadline } from './deadline.js';
import { useKeys } from './keyboard.js';
import { NEXT, useAsking } from './requests.js';
import { goToTicket } from './route.js';
import { useResource } from './stream.js';
import { customerName, plural, titled, unbroken } from './words.js';

const TYPING_MS = 200;
const RECENT_MAX = 50;

interface Props {
  readonly me: Me;
  readonly inbox: Inbox | undefined;
  readonly openTicketId: string | null;
  readonly accept: (ticketId: string, offerId: string) => void;
  readonly decline: (ticketId: string) => void;
  /** Asks for the next ticket; undefined for who takes none. */
  readonly next: (() => void) | undefined;
}

/** Left: what asks for an answer, what has to be done, or what was searched for. */
export function TicketsPane({ me, inbox, openTicketId, accept, decline, next }: Props) {
  const [typed, setTyped] = useState('');
  const query = useSettled(typed.trim(), TYPING_MS);
  const search = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => search.current?.select() });
  const takesTickets = me.unitsMax > 0;
  return (
    <aside className="tickets-pane" aria-label="Tickets">
      <div className="search">
        <input
          ref={search}
          type="search"
          aria-label="Search tickets"
          placeholder="Number, address or word"
          value={typed}
          maxLength={200}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            if (typed === '') event.currentTarget.blur();
            else setTyped('');
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div className="scroll">
        {query === '' ? (
          <>
            {takesTickets && <Offers offers={inbox?.offers} openTicketId={openTicketId} accept={accept} decline={decline} />}
            {takesTickets && <Mine tickets={inbox?.mine} openTicketId={openTicketId} />}
            {next && <Next next={next} />}
            <WrapUps holds={me.holds} />
            {(inbox?.consulted.length ?? 0) > 0 && <Consulted tickets={inbox!.consulted} openTicketId={openTicketId} />}
            {takesTickets ? null : <Listed title="Newest tickets" path={`/tickets?limit=${RECENT_MAX}`} openTicketId={openTicketId} />}
          </>
        ) : (
          <Listed title="Found" path={`/tickets?limit=${RECENT_MAX}&query=${encodeURIComponent(query)}`} openTicketId={openTicketId} />
        )}
      </div>
    </aside>
  );
}

type OffersProps = { readonly offers: readonly Offer[] | undefined } & Pick<Props, 'openTicketId' | 'accept' | 'decline'>;

function Offers({ offers, openTicketId, accept, decline }: OffersProps) {
  const { wishes } = useAsking();
  return (
    <section aria-labelledby="offers-title">
      <h2 id="offers-title">
        Offers <span className="count">{offers?.length ?? ''}</span>
      </h2>
      {offers?.length === 0 && <p className="empty">No offer at the moment.</p>}
      <ul>
        {offers?.map((offer) => {
          const sending = wishes.get(offer.ticketId)?.state === 'sending';
          return (
            <li key={offer.offerId} className="offer">
              <Row ticket={offer} isOpen={offer.ticketId === openTicketId} chip={<Countdown expiresAt={offer.expiresAt} />} />
              {offer.reasons.length > 0 && (
                <p className="reasons">
                  <span className="quiet">Why me:</span> {unbroken(offer.reasons.join(' · '))}
                </p>
              )}
              <div className="line">
                <button type="button" className="main" disabled={sending} onClick={() => accept(offer.ticketId, offer.offerId)}>
                  {sending ? 'Sending…' : 'Accept'} <kbd>a</kbd>
                </button>
                <button type="button" disabled={sending} onClick={() => decline(offer.ticketId)}>
                  Decline <kbd>d</kbd>
                </button>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Mine({ tickets, openTicketId }: { readonly tickets: readonly TicketRow[] | undefined; readonly openTicketId: string | null }) {
  return (
    <section aria-labelledby="mine-title">
      <h2 id="mine-title">
        My tickets <span className="count">{tickets?.length ?? ''}</span>
      </h2>
      {tickets?.length === 0 && <p className="empty">Nothing to do.</p>}
      <Rows tickets={tickets} openTicketId={openTicketId} />
    </section>
  );
}

function Next({ next }: { readonly next: () => void }) {
  const { wishes, dismiss } = useAsking();
  const wish = wishes.get(NEXT);
  return (
    <section className="next" aria-label="Next ticket">
      <button type="button" disabled={wish?.state === 'sending'} onClick={next}>
        {wish?.state === 'sending' ? 'Looking…' : 'Next for me'} <kbd>x</kbd>
      </button>
      {wish?.state === 'refused' && (
        <p className="notice line" role="alert">
          <span className="grow">{wish.message}</span>
          <button type="button" className="plain" onClick={() => dismiss(NEXT)}>
            OK
          </button>
        </p>
      )}
    </section>
  );
}

/** Solved, and their units not free yet. */
function WrapUps({ holds }: Pick<Me, 'holds'>) {
  const { ask, wishes } = useAsking();
  const open = holds.filter((hold) => hold.state === 'wrap-up');
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="wrap-ups-title">
      <h2 id="wrap-ups-title">Wrapping up</h2>
      <ul>
        {open.map(({ ticketId, dueAt, channel, units }) => (
          <li key={ticketId} className="line">
            <button type="button" className="link grow" onClick={() => goToTicket(ticketId)}>
              {channel}, {plural(units, 'unit')}
            </button>
            {dueAt !== null && <Countdown expiresAt={dueAt} />}
            <button
              type="button"
              disabled={wishes.get(ticketId)?.state === 'sending'}
              onClick={() => void ask(ticketId, 'Wrap up', '/wrap-up-end', {})}
            >
              Finished
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const Consulted = ({ tickets, openTicketId }: { readonly tickets: readonly TicketRow[]; readonly openTicketId: string | null }) => (
  <section aria-labelledby="consulted-title">
    <h2 id="consulted-title">
      Colleagues ask me <span className="count">{tickets.length}</span>
    </h2>
    <Rows tickets={tickets} openTicketId={openTicketId} />
  </section>
);

function Listed({ title, path, openTicketId }: { readonly title: string; readonly path: string; readonly openTicketId: string | null }) {
  const { value, problem } = useResource<TicketList>(path, (change) => change.kind === 'ticket');
  return (
    <section aria-labelledby="listed-title">
      <h2 id="listed-title">
        {title} <span className="count">{value && `${value.tickets.length}${value.nextCursor === null ? '' : '+'}`}</span>
      </h2>
      {value === undefined && <p className="empty">{problem?.message ?? 'Reading…'}</p>}
      {value?.tickets.length === 0 && <p className="empty">No ticket of yours to see fits.</p>}
      <p className="heard-only" role="status">
        {value && plural(value.tickets.length, 'ticket')}
      </p>
      <Rows tickets={value?.tickets} openTicketId={openTicketId} />
    </section>
  );
}

const Rows = ({ tickets, openTicketId }: { readonly tickets: readonly TicketRow[] | undefined; readonly openTicketId: string | null }) => (
  <ul>
    {tickets?.map((ticket) => (
      <li key={ticket.ticketId}>
        <Row
          ticket={ticket}
          isOpen={ticket.ticketId === openTicketId}
          chip={<Deadline dueAt={ticket.dueAt} breached={ticket.breached} />}
        />
      </li>
    ))}
  </ul>
);

function Row({ ticket, isOpen, chip }: { readonly ticket: TicketRow; readonly isOpen: boolean; readonly chip: ReactNode }) {
  return (
    <button
      type="button"
      className="row"
      data-nav={ticket.ticketId}
      aria-current={isOpen ? 'true' : undefined}
      onClick={() => goToTicket(ticket.ticketId)}
    >
      <span className="row-subject">{titled(ticket)}</span>
      <span className="row-facts">
        <span className={`priority ${ticket.priority}`}>{ticket.priority}</span>
        <span className="row-customer">{customerName(ticket)}</span>
        {ticket.status === 'open' || ticket.status === 'new' ? null : <span className="tag">{ticket.status}</span>}
        {chip}
      </span>
    </button>
  );
}

/** The value once it has stayed the same for a while. */
function useSettled(value: string, forMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), forMs);
    return () => clearTimeout(timer);
  }, [value, forMs]);
  return settled;
}
