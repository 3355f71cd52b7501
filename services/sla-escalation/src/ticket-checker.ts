import { Inject, Injectable, Logger } from '@nestjs/common';
import { causedBy, type Clock, type Draft, type ExplainClocksRequested, type Received } from '@signalbox/contracts';
import type { ConfigurationSnapshot, Delivery } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { AgentPresenceStore } from './agent-presence.store.js';
import { checkTicket, explainTicket, type Check, type CheckedState, type Configured } from './domain/check.js';
import { movesBetween, together, type Moves } from './domain/recomputing.js';
import { Notifications, type CheckedTicket, type Escalatable } from './notifications.js';
import { Policies } from './policies.js';
import { SlaTicketStore, type CheckedRow, type SlaTicketRow } from './sla-ticket.store.js';

/** A ticket whose facts make no sense is looked at again, in case a release mends it. */
const BROKEN_WAIT_MS = 3_600_000;

type Told = { readonly events: readonly [] } | (Omit<Escalatable, 'events'> & Pick<Check, 'events' | 'reasonOf'>);

/** Breaches say where their time went; only then it is asked when nobody was there. */
async function withReasons(told: readonly Told[], presence: AgentPresenceStore, now: Date): Promise<CheckedTicket[]> {
  const late = told.flatMap((one) => ('reasonOf' in one && one.events.some(({ type }) => type === 'SlaBreached') ? [one] : []));
  if (late.length === 0) return [...told];
  const stays = late.flatMap(({ ticket }) => ticket.stays);
  const queueIds = [...new Set(stays.flatMap(({ queueId }) => queueId ?? []))];
  const from = stays.reduce((earliest, stay) => Math.min(earliest, stay.from), now.getTime());
  const gaps = await presence.unstaffedOf(queueIds, new Date(from), now);
  const unstaffed = (queueId: string) => (gaps.get(queueId) ?? []).map((gap) => ({ from: gap.from.getTime(), to: gap.to.getTime() }));
  return told.map((one) => {
    if (!('reasonOf' in one)) return one;
    const events = one.events.map((event) => {
      if (event.type !== 'SlaBreached') return event;
      const { target, instance } = event.data;
      return { ...event, data: { ...event.data, ...one.reasonOf(target, instance, unstaffed) } };
    });
    return { ...one, events };
  });
}

export interface Checked {
  readonly events: Draft[];
  readonly moves: Moves;
  readonly nextCheckAt: Date | null;
}

const NONE: ReadonlySet<string> = new Set();
const clocksIn = ({ published }: CheckedState): readonly Clock[] => published?.clocks ?? [];
const UNKNOWN = { facts: {}, state: { published: null, said: [] } };

/** The one place where clocks are computed and anything is said. */
@Injectable()
export class TicketChecker {
  readonly #logger = new Logger('TicketChecker');
  readonly #policies = new Policies((sentence) => this.#logger.warn(sentence));

  constructor(@Inject(Notifications) private readonly notifications: Notifications) {}

  /**
   * Checks locked tickets and saves them: one write each. `moves`: what new rules did to those that were last checked under older ones.
   * To be exact about them nothing else may have happened to these tickets since.
   * @param newFacts of these tickets the facts are new, and are saved
   */
  async check(rows: readonly SlaTicketRow[], delivery: Delivery, newFacts: ReadonlySet<string> = NONE): Promise<Checked> {
    const { tx, now, config } = delivery;
    const told: Told[] = [];
    const checked: CheckedRow[] = [];
    const moves: Moves[] = [];
    const configured = await this.#policies.configured(config, tx);
    const rulesBundle = await this.rulesBundle(config, tx);
    for (const row of rows) {
      const one = this.#checkOne(row, configured, now);
      told.push(one.told);
      checked.push(newFacts.has(row.ticketId) ? { ...one.row, newFacts: row.facts } : one.row);
      if (row.bundle < rulesBundle) moves.push(movesBetween(row.ticketId, clocksIn(row.state), clocksIn(one.row.state)));
    }
    await new SlaTicketStore(tx).save(checked, rulesBundle);
    const next = checked.flatMap(({ nextCheckAt }) => nextCheckAt?.getTime() ?? []);
    const presence = new AgentPresenceStore(tx);
    const explained = await withReasons(told, presence, now);
    const escalates = told.some(({ events }) => events.some(({ type }) => type === 'TicketEscalated'));
    const events = await this.notifications.announce(explained, delivery, escalates ? await presence.online() : undefined);
    return { events, moves: together(moves), nextCheckAt: next.length > 0 ? new Date(Math.min(...next)) : null };
  }

  rulesBundle(config: ConfigurationSnapshot, tx: EntityManager): Promise<number> {
    return this.#policies.rulesBundle(config, tx);
  }

  /** What another configuration, in force from an instant, would do to these tickets. Changes and says nothing. */
  async compare(rows: readonly SlaTicketRow[], other: ConfigurationSnapshot, from: Date, delivery: Delivery): Promise<Moves> {
    const now = Math.max(from.getTime(), delivery.now.getTime());
    const today = await this.#policies.configured(delivery.config, delivery.tx);
    const supposed = await this.#policies.supposing(other, from, delivery);
    const moves = rows.map(({ ticketId, facts, state }) => {
      const [before, after] = [today, supposed].map((configured) => clocksIn(checkTicket(ticketId, facts, state, configured, now).state));
      return movesBetween(ticketId, before!, after!);
    });
    return together(moves);
  }

  /** What each request asks, in their order; of a ticket that is not known, that it has no clocks. */
  async explain(
    requests: readonly Received<ExplainClocksRequested>[],
    rows: readonly SlaTicketRow[],
    { tx, now, config }: Delivery,
  ): Promise<Draft[]> {
    const configured = await this.#policies.configured(config, tx);
    const known = new Map(rows.map((row) => [row.ticketId, row]));
    return requests.flatMap((request) => {
      const { facts, state } = known.get(request.ticketId) ?? UNKNOWN;
      return causedBy(request, [explainTicket(request.ticketId, request.id, facts, state, configured, now.getTime())]);
    });
  }

  /** One ticket that cannot be computed must not keep the others from being checked. */
  #checkOne({ ticketId, facts, state }: Omit<SlaTicketRow, 'bundle'>, configured: Configured, now: Date): { told: Told; row: CheckedRow } {
    try {
      const check = checkTicket(ticketId, facts, state, configured, now.getTime());
      if (check.unreachable) {
        const { policy, calendar } = check.unreachable;
        this.#policies.warnOnce(
          `sla-policy '${policy.name}@${policy.version}' has deadlines that calendar '${calendar.name}@${calendar.version}' never reaches: these clocks are left out`,
        );
      }
      const { open, nextCheckAt } = check;
      return {
        told: { ...check, facts, clocks: clocksIn(check.state) },
        row: {
          ticketId,
          state: check.state,
          isPublishedNew: check.state.published !== state.published,
          open,
          nextCheckAt: nextCheckAt === null ? null : new Date(nextCheckAt),
        },
      };
    } catch (error) {
      this.#logger.error(`ticket ${ticketId} cannot be checked: ${(error as Error).message}`);
      return {
        told: { events: [] },
        row: { ticketId, state, isPublishedNew: false, open: true, nextCheckAt: new Date(now.getTime() + BROKEN_WAIT_MS) },
      };
    }
  }
}
