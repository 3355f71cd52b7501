import type { EntityManager } from 'typeorm';
import { unionOf, type Audience } from './domain/visibility.js';

/** What a stream may have to tell its reader; the row itself is read when it is told, so it is never older than the change. */
export type Changed =
  | ({ readonly kind: 'ticket'; readonly id: string } & Audience)
  | { readonly kind: 'agent'; readonly id: string }
  | { readonly kind: 'queue'; readonly id: string }
  | { readonly kind: 'recomputation'; readonly id: string }
  | { readonly kind: 'request'; readonly id: string; readonly agentId: string }
  | { readonly kind: 'notice'; readonly id: string; readonly agentId: string }
  | { readonly kind: 'configuration'; readonly id: string };

/** All changes of one transaction's step, under one number. */
export interface Change {
  readonly sequence: number;
  readonly about: readonly Changed[];
}

export async function recordChanges(about: readonly Changed[], tx: EntityManager): Promise<void> {
  if (about.length > 0) await tx.query('insert into change (about) values ($1::jsonb)', [JSON.stringify(about)]);
}

/** In order, without gaps that a later commit could fill (see the trigger `number_change`). */
export async function changesAfter(sequence: number, changesMax: number, manager: EntityManager): Promise<Change[]> {
  const rows = (await manager.query('select sequence, about from change where sequence > $1 order by sequence limit $2', [
    sequence,
    changesMax,
  ])) as { sequence: string; about: Changed[] }[];
  return rows.map((row) => ({ sequence: Number(row.sequence), about: row.about }));
}

/** The range of changes that is still kept; both 0 when there is none. */
export async function keptChanges(manager: EntityManager): Promise<{ first: number; last: number }> {
  const [row] = (await manager.query('select coalesce(min(sequence), 0) as first, coalesce(max(sequence), 0) as last from change')) as {
    first: string;
    last: string;
  }[];
  return { first: Number(row!.first), last: Number(row!.last) };
}

/** Several changes as one, under the last one's number: each subject once, for everybody any of them concerned. */
export function mergeChanges(changes: readonly Change[]): Change {
  const about = new Map<string, Changed>();
  for (const one of changes.flatMap((change) => change.about)) {
    const key = `${one.kind} ${one.id}`;
    const known = about.get(key);
    about.set(key, one.kind === 'ticket' && known?.kind === 'ticket' ? { ...one, ...unionOf(known, one) } : one);
  }
  return { sequence: changes.at(-1)?.sequence ?? 0, about: [...about.values()] };
}
