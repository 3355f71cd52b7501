import type { Story } from './api.js';
import { Dialog } from './dialog.js';
import { useAsking } from './requests.js';
import { titled } from './words.js';

interface Props {
  readonly story: Story;
  readonly close: () => void;
}

export function HoldDialog({ story, close }: Props) {
  const { ask } = useAsking();
  const hold = (status: 'pending' | 'on-hold'): void => {
    void ask(story.ticketId, status === 'pending' ? 'Wait for the customer' : 'Put on hold', '/hold', { status });
    close();
  };
  return (
    <Dialog title={`Hold ${titled(story)}`} close={close}>
      <p className="quiet">Its units become free for other tickets until it comes back.</p>
      <div className="choices">
        {story.status === 'pending' ? null : (
          <button type="button" onClick={() => hold('pending')}>
            Pending: waits for the customer
          </button>
        )}
        {story.status === 'on-hold' ? null : (
          <button type="button" onClick={() => hold('on-hold')}>
            On hold: waits for somebody else
          </button>
        )}
      </div>
      <button type="button" className="plain" onClick={close}>
        Go on with it <kbd>Esc</kbd>
      </button>
    </Dialog>
  );
}

/** One key must not end a ticket; one key and Enter may. */
export function SolveDialog({ story, close }: Props) {
  const { ask } = useAsking();
  return (
    <Dialog title={`Solve ${titled(story)}?`} close={close}>
      <p className="quiet">No message is sent. The ticket opens again when the customer writes.</p>
      <div className="line">
        <button
          type="button"
          className="main"
          onClick={() => {
            void ask(story.ticketId, 'Solve', '/solve', {});
            close();
          }}
        >
          Solve <kbd>Enter</kbd>
        </button>
        <button type="button" className="plain" onClick={close}>
          Go on with it <kbd>Esc</kbd>
        </button>
      </div>
    </Dialog>
  );
}
