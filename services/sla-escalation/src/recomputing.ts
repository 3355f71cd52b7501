import { Injectable } from '@nestjs/common';
import { ClocksRecomputed, type Draft } from '@signalbox/contracts';
import type { Delivery } from '@signalbox/messaging';
import { nothingMoved, type Moves } from './domain/recomputing.js';
import { RecomputationStore, withMoves, type Recomputation } from './recomputation.store.js';
import { SlaTicketStore } from './sla-ticket.store.js';

/** Between two reports of how far it is. */
const SAY_MS = 5_000;
const KEEP_MS = 86_400_000;

export const reportOf = ({ id, report }: Recomputation, now: Date): Draft => ClocksRecomputed(id, { ...report, asOf: now.toISOString() });
export const isToBeSaid = ({ report, saidAt }: Recomputation, now: Date): boolean =>
  report.done || now.getTime() - saidAt.getTime() >= SAY_MS;

/** Keeps account of what a new bundle does to the open tickets, whichever instance checks them. */
@Injectable()
export class Recomputing {
  /** Also after a start: whoever had it in hand may be gone. */
  #underWay = true;

  /**
   * To be called in the unit that has checked tickets under new rules, or found none to check.
   * @param isLast true when all that was still to be checked, and that nobody else has in hand, is in `moves`
   */
  async note(moves: Moves, isLast: boolean, bundle: number, { tx, now }: Delivery): Promise<Draft[]> {
    if (moves.checked === 0 && !this.#underWay) return [];
    const store = new RecomputationStore(tx);
    if (moves.checked > 0) {
      this.#underWay = true;
      await this.#begin(bundle, now, store);
    }
    const events: Draft[] = [];
    const all = await store.underWay();
    const finished = isLast && !(await new SlaTicketStore(tx).isAnyOutdated(bundle));
    for (const recomputation of all) {
      const superseded = recomputation.bundle < bundle;
      const { report } = superseded ? recomputation : withMoves(recomputation, moves);
      const problems = superseded ? [`goes on as part of bundle ${bundle}`] : report.problems;
      const next = { ...recomputation, report: { ...report, problems, done: superseded || finished } };
      const isSaid = isToBeSaid(next, now);
      if (isSaid) events.push(reportOf(next, now));
      await store.save({ ...next, saidAt: isSaid ? now : next.saidAt });
    }
    this.#underWay = all.some(({ bundle: own }) => own >= bundle) && !finished;
    return events;
  }

  async #begin(bundle: number, now: Date, store: RecomputationStore): Promise<void> {
    const id = `bundle-${bundle}`;
    if ((await store.underWay()).some((one) => one.id === id)) return;
    await store.forget(new Date(now.getTime() - KEEP_MS));
    const report = { ...nothingMoved, bundle, preview: false, done: false, tickets: await store.openTickets(), problems: [] };
    await store.add({ id, bundle, documents: null, cause: null, startedAt: now, report });
  }
}
