import { useState, type ReactNode } from 'react';
import type { Colleagues, Story, TicketList } from './api.js';
import { Dialog } from './dialog.js';
import { useAsking } from './requests.js';
import { useResource } from './stream.js';
import { customerName, titled } from './words.js';

interface Props {
  readonly story: Story;
  readonly close: () => void;
}
const NOTE_LENGTH_MAX = 20_000;
const REASON_LENGTH_MAX = 200;
const PRIORITIES = ['urgent', 'high', 'normal', 'low'];
const useColleagues = (): Colleagues | undefined => useResource<Colleagues>('/colleagues', () => false).value;

/** To a colleague, a queue, or whoever has a skill; never without a word to them. */
export function TransferDialog({ story, close }: Props) {
  const { ask } = useAsking();
  const colleagues = useColleagues();
  const [target, setTarget] = useState('');
  const [level, setLevel] = useState('3');
  const [note, setNote] = useState('');
  const [kind, id] = [target.slice(0, target.indexOf(' ')), target.slice(target.indexOf(' ') + 1)];
  const to = kind === 'agent' ? { agentId: id } : kind === 'queue' ? { queueId: id } : { skills: { [id]: Number(level) } };
  return (
    <Dialog title={`Hand over ${titled(story)}`} close={close}>
      <p className="quiet">It keeps its place. A colleague gets it only with room for it.</p>
      <Form
        close={close}
        words="Hand over"
        ready={target !== '' && note.trim() !== ''}
        send={() => void ask(story.ticketId, 'Hand over', '/transfer', { to, note: note.trim() })}
      >
        <label htmlFor="target">To</label>
        <div className="line">
          <select id="target" value={target} onChange={(event) => setTarget(event.target.value)}>
            <option value="">Choose…</option>
            <AgentOptions colleagues={colleagues} prefix="agent " />
            <optgroup label="Queues">
              {colleagues?.queues.map(({ queueId, title }) => (
                <option key={queueId} value={`queue ${queueId}`}>
                  {title}
                </option>
              ))}
            </optgroup>
            <optgroup label="Whoever is good at">
              {colleagues?.skills.map((skill) => (
                <option key={skill} value={`skill ${skill}`}>
                  {skill}
                </option>
              ))}
            </optgroup>
          </select>
          {kind === 'skill' && (
            <select aria-label="Level, at least" value={level} onChange={(event) => setLevel(event.target.value)}>
              {['1', '2', '3', '4', '5'].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </div>
        <Note note={note} setNote={setNote} label="What they have to know" />
      </Form>
    </Dialog>
  );
}

export function ConsultDialog({ story, close }: Props) {
  const { ask } = useAsking();
  const colleagues = useColleagues();
  const [agentId, setAgentId] = useState('');
  const [note, setNote] = useState('');
  const words = note.trim() === '' ? {} : { note: note.trim() };
  return (
    <Dialog title={`Ask a colleague about ${titled(story)}`} close={close}>
      <p className="quiet">They see the ticket and its notes. It stays yours.</p>
      <Form
        close={close}
        words="Ask"
        ready={agentId !== ''}
        send={() => void ask(story.ticketId, 'Ask a colleague', '/consult', { agentId, ...words })}
      >
        <label htmlFor="colleague">Colleague</label>
        <select id="colleague" value={agentId} onChange={(event) => setAgentId(event.target.value)}>
          <option value="">Choose…</option>
          <AgentOptions colleagues={colleagues} prefix="" />
        </select>
        <Note note={note} setNote={setNote} label="Question" />
      </Form>
    </Dialog>
  );
}

/** Into which one is seen before it is done: what is merged cannot be taken apart again. */
export function MergeDialog({ story, close }: Props) {
  const { ask } = useAsking();
  const [typed, setTyped] = useState('');
  const number = /^#?(\d{1,9})$/.exec(typed.trim())?.[1];
  const path = number === undefined ? null : `/tickets?limit=1&query=${encodeURIComponent(`#${number}`)}`;
  const { value, problem } = useResource<TicketList>(path, () => false);
  const found = value?.tickets.find((ticket) => ticket.number === Number(number));
  const against = problem?.message ?? (value && reasonAgainst(found, number, story));
  return (
    <Dialog title={`Merge ${titled(story)} into another ticket`} close={close}>
      <p className="quiet">This one is closed. What its customer writes from now on comes to the other one.</p>
      <Form
        close={close}
        words="Merge"
        ready={found !== undefined && against === undefined}
        send={() => void ask(story.ticketId, 'Merge', '/merge', { intoTicketId: found!.ticketId })}
      >
        <label htmlFor="into">Number of the other ticket</label>
        <input
          id="into"
          value={typed}
          placeholder="#123"
          inputMode="numeric"
          maxLength={12}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <p role="status">
          {against ??
            (found && (
              <>
                Goes on in <b>{titled(found)}</b>{' '}
                <span className="quiet">
                  of {customerName(found)}, {found.status}
                </span>
              </>
            ))}
        </p>
      </Form>
    </Dialog>
  );
}

function reasonAgainst(found: TicketList['tickets'][number] | undefined, number: string | undefined, story: Story): string | undefined {
  if (!found) return `You see no ticket with the number ${number}.`;
  if (found.ticketId === story.ticketId) return 'That is this ticket.';
  return found.status === 'closed' ? `${titled(found)} is closed.` : undefined;
}

/** A supervisor's word: who gets it, back to its queue, another priority or queue. Each with a reason that everybody can read. */
export function OverruleDialog({ story, close }: Props) {
  const { ask } = useAsking();
  const colleagues = useColleagues();
  const [wish, setWish] = useState('assign');
  const [agentId, setAgentId] = useState('');
  const [overAssign, setOverAssign] = useState(false);
  const [priority, setPriority] = useState<string>(story.priority);
  const [queueId, setQueueId] = useState(story.queueId ?? '');
  const [reason, setReason] = useState('');
  const bodies: Readonly<Record<string, object>> = {
    assign: { agentId, overAssign },
    release: {},
    override: {
      ...(priority !== story.priority && { priority }),
      ...(queueId !== '' && queueId !== story.queueId && { queueId }),
    },
  };
  const body = bodies[wish]!;
  const complete = wish === 'assign' ? agentId !== '' : wish === 'release' || Object.keys(body).length > 0;
  return (
    <Dialog title={`Decide about ${titled(story)}`} close={close}>
      <Form
        close={close}
        words="Decide"
        ready={complete && reason.trim() !== ''}
        send={() => void ask(story.ticketId, 'Decide', `/${wish}`, { ...body, reason: reason.trim() })}
      >
        <label htmlFor="wish">What</label>
        <select id="wish" value={wish} onChange={(event) => setWish(event.target.value)}>
          <option value="assign">Give it to an agent</option>
          {story.owner && <option value="release">Take it back to its queue</option>}
          <option value="override">Change priority or queue</option>
        </select>
        {wish === 'assign' && (
          <>
            <label htmlFor="agent">Agent</label>
            <select id="agent" value={agentId} onChange={(event) => setAgentId(event.target.value)}>
              <option value="">Choose…</option>
              <AgentOptions colleagues={colleagues} prefix="" />
            </select>
            <label>
              <input type="checkbox" checked={overAssign} onChange={(event) => setOverAssign(event.target.checked)} /> also beyond their
              capacity
            </label>
          </>
        )}
        {wish === 'override' && (
          <>
            <label htmlFor="priority">Priority</label>
            <select id="priority" value={priority} onChange={(event) => setPriority(event.target.value)}>
              {PRIORITIES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
            <label htmlFor="queue">Queue</label>
            <select id="queue" value={queueId} onChange={(event) => setQueueId(event.target.value)}>
              {colleagues?.queues.map((queue) => (
                <option key={queue.queueId} value={queue.queueId}>
                  {queue.title}
                </option>
              ))}
            </select>
          </>
        )}
        <label htmlFor="why">Reason</label>
        <input
          id="why"
          value={reason}
          maxLength={REASON_LENGTH_MAX}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}

function AgentOptions({ colleagues, prefix }: { readonly colleagues: Colleagues | undefined; readonly prefix: string }) {
  return (
    <optgroup label="Colleagues">
      {colleagues?.agents.map(({ agentId, name, presence }) => (
        <option key={agentId} value={`${prefix}${agentId}`}>
          {name} ({presence})
        </option>
      ))}
    </optgroup>
  );
}

interface NoteProps {
  readonly note: string;
  readonly setNote: (note: string) => void;
  readonly label: string;
}
const Note = ({ note, setNote, label }: NoteProps) => (
  <>
    <label htmlFor="note-to-them">{label}</label>
    <textarea id="note-to-them" rows={4} value={note} maxLength={NOTE_LENGTH_MAX} onChange={(event) => setNote(event.target.value)} />
  </>
);

interface FormProps {
  readonly words: string;
  readonly ready: boolean;
  readonly send: () => void;
  readonly close: () => void;
  readonly children: ReactNode;
}
export function Form({ words, ready, send, close, children }: FormProps) {
  return (
    <form
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        send();
        close();
      }}
    >
      {children}
      <div className="line">
        <button type="submit" className="main" disabled={!ready}>
          {words}
        </button>
        <button type="button" className="plain" onClick={close}>
          Leave it <kbd>Esc</kbd>
        </button>
      </div>
    </form>
  );
}
