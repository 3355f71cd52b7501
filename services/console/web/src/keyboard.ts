import { useEffect, useRef } from 'react';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** Single keys, as long as nobody types and no dialog is open. A handler that is undefined leaves its key alone. */
export function useKeys(keys: Readonly<Record<string, (() => void) | undefined>>): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (event.defaultPrevented || ctrlKey || metaKey || altKey || document.querySelector('dialog[open], :popover-open')) return;
      if (isTyping(target) && key !== 'Escape') return;
      if (key.startsWith('Arrow') && !isInList()) return;
      const handler = now.current[key];
      if (!handler) return;
      event.preventDefault();
      handler();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

let lastIndex = -1;
/** Steps through everything that is marked `data-nav`, in the order of the page; a row that vanished is continued from its place. */
export function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-nav]')];
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  const beforeTheGap = by === 1 && lastIndex >= 0 ? lastIndex - 1 : lastIndex;
  const from = focused === -1 ? beforeTheGap : focused;
  lastIndex = Math.max(0, Math.min(rows.length - 1, from + by));
  rows[lastIndex]?.focus();
}

/** Arrows scroll where somebody reads, and step where nobody does. */
const isInList = (): boolean => focusedTicketId() !== undefined || document.activeElement === document.body;

/** The ticket of the row that has the focus. */
export const focusedTicketId = (): string | undefined =>
  (document.activeElement as HTMLElement | null)?.closest<HTMLElement>('[data-nav]')?.dataset['nav'];
