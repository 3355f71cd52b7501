import { useState } from 'react';
import type { Offer } from './api.js';
import { Dialog } from './dialog.js';
import { useAsking } from './requests.js';
import { titled } from './words.js';

const REASONS = ['not my field', 'no time before its deadline', 'I should not work for this customer'];
const REASON_LENGTH_MAX = 200;

export function DeclineDialog({ offer, close }: { readonly offer: Offer; readonly close: () => void }) {
  const { ask } = useAsking();
  const [own, setOwn] = useState('');
  const decline = (reason: string): void => {
    void ask(offer.ticketId, 'Decline', '/decline', { offerId: offer.offerId, reason });
    close();
  };
  return (
    <Dialog title={`Decline ${titled(offer)}`} close={close}>
      <p className="quiet">The ticket keeps its place in the queue and is not offered to you again.</p>
      <div className="choices">
        {REASONS.map((reason) => (
          <button key={reason} type="button" onClick={() => decline(reason)}>
            {reason}
          </button>
        ))}
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (own.trim() !== '') decline(own.trim());
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
