import { useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import type { Me, Story } from './api.js';
import { useDraft, type DraftKind } from './drafts.js';
import { useAsking } from './requests.js';

/** The contracts' bound for a message. */
const TEXT_LENGTH_MAX = 20_000;

export interface ComposerHandle {
  readonly focus: (kind: DraftKind) => void;
  readonly insert: (text: string) => void;
}
interface Props {
  readonly ref: Ref<ComposerHandle>;
  readonly story: Story;
  readonly me: Me;
  readonly mayReply: boolean;
}

/** Writes to the customer, or to colleagues. What was typed stays until it is known to be sent. */
export function Composer({ ref, story, me, mayReply }: Props) {
  const { ticketId } = story;
  const { wishes, ask } = useAsking();
  const [wanted, setWanted] = useState<DraftKind>('reply');
  const kind = mayReply ? wanted : 'note';
  const replyDraft = useDraft(me.agentId, ticketId, 'reply');
  const noteDraft = useDraft(me.agentId, ticketId, 'note');
  const [text, setText] = kind === 'reply' ? replyDraft : noteDraft;
  const field = useRef<HTMLTextAreaElement>(null);
  const isSending = wishes.get(ticketId)?.state === 'sending';
  const isEmpty = text.trim() === '';

  useImperativeHandle(ref, () => ({
    focus: (next) => {
      setWanted(next);
      field.current?.focus();
    },
    insert: (inserted) => {
      setWanted('reply');
      const [before, write] = replyDraft;
      write(before.trim() === '' ? inserted : `${before.trimEnd()}\n\n${inserted}`);
      field.current?.focus();
    },
  }));

  const send = async (words: string, thenStatus?: 'pending' | 'solved'): Promise<void> => {
    if (isEmpty || isSending) return;
    const path = kind === 'reply' ? '/replies' : '/notes';
    const done = await ask(ticketId, words, path, { text, ...(thenStatus === undefined ? {} : { thenStatus }) });
    if (done) setText('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void send(kind === 'reply' ? 'Reply' : 'Note');
  };

  return (
    <section className={`composer ${kind}`} aria-label={kind === 'reply' ? 'Reply to the customer' : 'Internal note'}>
      <div className="line">
        {mayReply && (
          <button type="button" className="tab" aria-pressed={kind === 'reply'} onClick={() => setWanted('reply')}>
            Reply <kbd>r</kbd>
          </button>
        )}
        <button type="button" className="tab" aria-pressed={kind === 'note'} onClick={() => setWanted('note')}>
          Internal note <kbd>n</kbd>
        </button>
        {kind === 'note' && <span className="quiet">The customer never sees it.</span>}
        {mayReply ? null : <span className="quiet">Only its owner replies.</span>}
      </div>
      <textarea
        ref={field}
        rows={4}
        aria-label={kind === 'reply' ? 'Reply' : 'Internal note'}
        placeholder={kind === 'reply' ? `To ${story.customer?.name ?? story.customer?.address ?? 'the customer'}` : 'For colleagues'}
        value={text}
        readOnly={isSending}
        maxLength={TEXT_LENGTH_MAX}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="line">
        <button
          type="button"
          className="main"
          disabled={isEmpty || isSending}
          onClick={() => void send(kind === 'reply' ? 'Reply' : 'Note')}
        >
          {isSending ? 'Sending…' : kind === 'reply' ? 'Reply' : 'Add note'} <kbd>Ctrl Enter</kbd>
        </button>
        {kind === 'reply' && (
          <>
            <button type="button" disabled={isEmpty || isSending} onClick={() => void send('Reply and wait', 'pending')}>
              Reply and wait
            </button>
            <button type="button" disabled={isEmpty || isSending} onClick={() => void send('Reply and solve', 'solved')}>
              Reply and solve
            </button>
          </>
        )}
        {!isEmpty && !isSending && <span className="quiet draft">draft kept</span>}
      </div>
    </section>
  );
}
