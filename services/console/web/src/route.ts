import { useSyncExternalStore } from 'react';

export type Route = { readonly view: 'start' | 'board' | 'reports' } | { readonly view: 'tickets'; readonly ticketId: string | null };

const listeners = new Set<() => void>();
const changed = (): void => {
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
addEventListener('popstate', changed);

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, '', path);
  changed();
}
export const goToTicket = (ticketId: string): void => go(`/tickets/${encodeURIComponent(ticketId)}`);

export function useRoute(): Route {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  if (path === '/board') return { view: 'board' };
  if (path === '/reports') return { view: 'reports' };
  const ticketId = /^\/tickets\/([^/]+)$/.exec(path)?.[1];
  if (ticketId !== undefined) return { view: 'tickets', ticketId: decode(ticketId) };
  return path === '/tickets' ? { view: 'tickets', ticketId: null } : { view: 'start' };
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
