import { useState } from 'react';
import type { Inbox, Offer } from './api.js';
import { Dialog } from './dialog.js';
import { useAsking } from './requests.js';
import { titled } from './words.js';

const REASON_LENGTH_MAX = 200;

interface Props {
  readonly offer: Offer;
  readonly reasons: Inbox['declineReasons'];
  readonly close: () => void;
}

export function DeclineDialog({ offer, reasons, close }: Props) {
  const { ask } = useAsking();
  const [own, setOwn] = useState('');
  const decline = (reason: { reason: string } | { reasonName: string }): void => {
    void ask(offer.ticketId, 'Decline', '/decline', { offerId: offer.offerId, ...reason });
    close();
  };
  return (
    <Dialog title={`Decline ${titled(offer)}`} close={close}>
      <p className="quiet">The ticket keeps its place in the queue and is not offered to you again, unless the reason passes.</p>
      <div className="choices">
        {reasons.map(({ name, title, reassignable }) => (
          <button key={name} type="button" onClick={() => decline({ reasonName: name })}>
            {title} {reassignable && <span className="quiet">passes</span>}
          </button>
        ))}
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (own.trim() !== '') decline({ reason: own.trim() });
        }}
      >
        <label htmlFor="reason">Another reason</label>
        <div className="line">
          <input
            id="reason"
            value={own}
            maxLength={REASON_LENGTH_MAX}
            autoComplete="off"
            onChange={(event) => setOwn(event.target.value)}
          />
          <button type="submit" disabled={own.trim() === ''}>
            Decline
          </button>
        </div>
      </form>
      <button type="button" className="plain" onClick={close}>
        Keep the offer <kbd>Esc</kbd>
      </button>
    </Dialog>
  );
}
