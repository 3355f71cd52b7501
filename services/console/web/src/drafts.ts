import { useCallback, useState } from 'react';

export type DraftKind = 'reply' | 'note';
const PREFIX = 'signalbox:draft:';
/** Survives what localStorage does not: private windows, a full disk. */
const memory = new Map<string, string>();

function readDraft(key: string): string {
  try {
    return memory.get(key) ?? localStorage.getItem(PREFIX + key) ?? '';
  } catch {
    return memory.get(key) ?? '';
  }
}

function writeDraft(key: string, text: string): void {
  memory.set(key, text);
  try {
    if (text === '') localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, text);
  } catch {
    // The copy in memory is enough until the page is closed.
  }
}

/** What was typed for one ticket and not sent: it outlives updates, other tickets and a reload. */
export function useDraft(agentId: string, ticketId: string, kind: DraftKind): [string, (text: string) => void] {
  const key = `${agentId}:${ticketId}:${kind}`;
  const [, redraw] = useState(0);
  const write = useCallback(
    (text: string) => {
      writeDraft(key, text);
      redraw((count) => count + 1);
    },
    [key],
  );
  return [readDraft(key), write];
}

/** At signing out: the next person at this desk must find no text about customers. */
export function forgetDrafts(): void {
  memory.clear();
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept where nothing may be kept.
  }
}
