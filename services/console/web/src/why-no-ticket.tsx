import { useId, useState } from 'react';
import type { AgentRow, RequestRow } from './api.js';
import { serverNow } from './clock.js';
import { requested } from './requests.js';
import { moment, plural } from './words.js';

type Told = Partial<Pick<NonNullable<RequestRow['outcome']>, 'message' | 'reasons' | 'at'>>;

const hasRoom = ({ unitsUsed, unitsMax, interruptibleUnitsUsed, interruptibleUnitsMax }: AgentRow): boolean =>
  unitsUsed < unitsMax || interruptibleUnitsUsed < (interruptibleUnitsMax ?? 0);

/** Asks routing why an agent with room gets no ticket; opened again, it asks again. Two cells of the agent's row. */
export function WhyNoTicket({ agent }: { readonly agent: AgentRow }) {
  const [told, setTold] = useState<Told>();
  const id = useId();
  const toggle = (): void => {
    if (told) {
      setTold(undefined);
      return;
    }
    const asking: Told = { message: 'Asking routing…' };
    setTold(asking);
    // Closed meanwhile: nobody waits for it any more.
    const tell = (answer: Told | undefined): void => setTold((before) => (before === asking ? answer : before));
    requested(`/agents/${encodeURIComponent(agent.agentId)}/why-idle`, {}).then(tell, ({ message }: Error) => tell({ message }));
  };
  // What is being read stays, though the agent has just got the last they have room for.
  if (!hasRoom(agent) && !told) return null;
  return (
    <>
      <button
        type="button"
        className="link small"
        aria-label={`Why no ticket for ${agent.name}?`}
        aria-expanded={told !== undefined}
        aria-controls={id}
        onClick={toggle}
      >
        Why no ticket?
      </button>
      <div id={id} className={told ? 'why-no-ticket' : 'heard-only'} role="status">
        {told && (
          <>
            <p>
              {told.message} {told.at !== undefined && <span className="quiet">as of {moment(told.at, serverNow())}</span>}
            </p>
            <ul>
              {told.reasons?.map(({ reason, tickets }) => (
                <li key={reason}>
                  <b>{plural(tickets, 'ticket')}:</b> {reason}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </>
  );
}
