import { useCallback, useEffect, useRef, useState } from 'react';
import { call, type Inbox, type Me } from './api.js';
import { BoardView } from './board.js';
import { DeclineDialog } from './decline-dialog.js';
import { Header } from './header.js';
import { Help } from './help.js';
import { focusedTicketId, step, useKeys } from './keyboard.js';
import { ReportsView } from './reports.js';
import { AskingContext, NEXT, useRequests } from './requests.js';
import { go, goToTicket, useRoute } from './route.js';
import { useResource, useStream, type Change } from './stream.js';
import { TicketsPane } from './tickets-pane.js';
import { TicketView } from './ticket.js';
import { titled } from './words.js';

/** Everything somebody who is signed in sees. */
export function Desk({ first, signOut }: { readonly first: Me; readonly signOut: () => void }) {
  const { agentId } = first;
  const [said, announce] = useState('');
  const [help, setHelp] = useState(false);
  const [declining, setDeclining] = useState<string | null>(null);
  const route = useRoute();
  const connected = useStream();
  const me = useResource<Me>('/me', (change) => change.kind === 'agent' && change.id === agentId).value ?? first;
  const mayOversee = me.role !== 'agent';
  const inbox = useInbox(agentId);
  const asking = useRequests(announce);
  const shows = route.view === 'start' ? (mayOversee ? 'board' : 'tickets') : route.view;
  const openTicketId = route.view === 'tickets' ? route.ticketId : null;
  const offers = inbox?.offers ?? [];

  const offerAt = (): Inbox['offers'][number] | undefined => {
    const ticketId = focusedTicketId() ?? openTicketId;
    return offers.find((offer) => offer.ticketId === ticketId);
  };
  const accept = useCallback(
    (ticketId: string, offerId: string) => {
      goToTicket(ticketId);
      void asking.ask(ticketId, 'Accept', '/accept', { offerId });
    },
    [asking.ask],
  );
  const next = me.unitsMax > 0 ? () => void asking.ask(NEXT, 'Next for me', '/next', {}) : undefined;
  const down = () => step(1);
  const up = () => step(-1);
  useKeys({
    j: down,
    ArrowDown: down,
    k: up,
    ArrowUp: up,
    a: () => {
      const offer = offerAt();
      if (offer) accept(offer.ticketId, offer.offerId);
    },
    d: () => setDeclining(offerAt()?.ticketId ?? null),
    x: next,
    '?': () => setHelp(true),
    b: mayOversee ? () => go('/board') : undefined,
    p: mayOversee ? () => go('/reports') : undefined,
    t: () => go('/tickets'),
  });
  useNotice(offers, announce);
  useDelivery(offers);
  const declined = offers.find((offer) => offer.ticketId === declining);

  return (
    <AskingContext value={asking}>
      <Header me={me} connected={connected} shows={shows} announce={announce} openHelp={() => setHelp(true)} signOut={signOut} />
      {shows === 'board' && <BoardView />}
      {shows === 'reports' && <ReportsView />}
      {shows === 'tickets' && (
        <main className={openTicketId === null ? 'tickets-view' : 'tickets-view has-open'}>
          <TicketsPane me={me} inbox={inbox} openTicketId={openTicketId} accept={accept} decline={setDeclining} next={next} />
          {openTicketId === null ? (
            <section className="nothing-open">
              <h1 className="heard-only">Tickets</h1>
              <p>Choose a ticket from the list.</p>
              <p className="quiet">
                <kbd>j</kbd> <kbd>k</kbd> step through it, <kbd>Enter</kbd> opens, <kbd>?</kbd> shows every key.
              </p>
            </section>
          ) : (
            <TicketView
              key={openTicketId}
              ticketId={openTicketId}
              me={me}
              accept={accept}
              decline={setDeclining}
              close={() => go(mayOversee ? '/board' : '/tickets')}
            />
          )}
        </main>
      )}
      {declined && <DeclineDialog offer={declined} reasons={inbox?.declineReasons ?? []} close={() => setDeclining(null)} />}
      {help && <Help mayOversee={mayOversee} close={() => setHelp(false)} />}
      <p className="heard-only" role="status">
        {said}
      </p>
    </AskingContext>
  );
}

/** Offers to me and my tickets. A change concerns them when it is about mine, before or after it. */
function useInbox(agentId: string): Inbox | undefined {
  const [known, setKnown] = useState<ReadonlySet<string>>(new Set());
  const isMine = (change: Change): boolean =>
    change.kind === 'ticket' &&
    (known.has(change.id) ||
      (!change.removed && [change.owner, change.offer, ...change.consulted].some((concerned) => concerned?.agentId === agentId)));
  const { value } = useResource<Inbox>('/inbox', isMine);
  useEffect(
    () => setKnown(new Set([...(value?.offers ?? []), ...(value?.mine ?? []), ...(value?.consulted ?? [])].map((one) => one.ticketId))),
    [value],
  );
  return value;
}

/** Tells the desk that grants work that the offer is on a screen; without it the offer is taken back. What failed is told with the next reading. */
function useDelivery(offers: Inbox['offers']): void {
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const { ticketId, offerId, awaitsDelivery } of offers) {
      if (!awaitsDelivery || told.current.has(offerId)) continue;
      told.current.add(offerId);
      call('POST', `/tickets/${encodeURIComponent(ticketId)}/delivered`, { offerId }).catch(() => told.current.delete(offerId));
    }
  }, [offers]);
}

/** An offer is noticed in a tab nobody looks at, and by who does not look at the screen. */
function useNotice(offers: Inbox['offers'], announce: (words: string) => void): void {
  const newest = offers.at(-1);
  useEffect(() => {
    document.title = offers.length === 0 ? 'Signalbox' : `(${offers.length}) Signalbox`;
  }, [offers.length]);
  useEffect(() => {
    if (newest) announce(`New offer: ${titled(newest)}`);
  }, [newest?.offerId]);
}
