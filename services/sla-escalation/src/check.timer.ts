import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { causedBy, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type ConfigurationSnapshot, type Delivery, type Outcome } from '@signalbox/messaging';
import { checkTicket } from './domain/check.js';
import { Policies } from './policies.js';
import { SlaTicketStore, type CheckedRow, type SlaTicketRow } from './sla-ticket.store.js';

const TICKETS_MAX = 500;
/** The safety net for rows another instance marked; ordinarily a handler asks, or the next due instant is known. */
const SWEEP_MS = 1_000;
/** A ticket whose facts make no sense is looked at again, in case a release mends it. */
const BROKEN_WAIT_MS = 3_600_000;

interface Checked {
  readonly more: boolean;
  /** From now; Infinity: nothing is due. */
  readonly waitMs: number;
}

/**
 * The one place where clocks are computed and anything is said: handlers store facts and mark their tickets due.
 * So a ticket's news of one unit are one ClocksChanged, and the mark in the row outlives a crash.
 */
@Injectable()
export class CheckTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('CheckTimer');
  readonly #policies = new Policies((sentence) => this.#logger.warn(sentence));
  #alarm: NodeJS.Timeout | undefined;
  #running = false;
  #stopped = false;

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#wakeIn(0);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#alarm);
  }

  /** Tickets became due: they are checked at the end of the unit of work that asks. Asking again is free. */
  ask(delivery: Delivery): void {
    delivery.submit(this.#check, undefined).then(
      (checked) => this.#plan(checked),
      (error: Error) => this.#logger.warn(`check: ${error.message}`),
    );
  }

  #plan({ more, waitMs }: Checked): void {
    if (!this.#running) this.#wakeIn(more ? 0 : Math.min(SWEEP_MS, waitMs));
  }

  #wakeIn(waitMs: number): void {
    clearTimeout(this.#alarm);
    if (!this.#stopped) this.#alarm = setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    this.#running = true;
    const checked = await this.unit.submit(this.#check, undefined).catch((error: Error): Checked => {
      this.#logger.warn(`check: ${error.message}`);
      return { more: false, waitMs: Infinity };
    });
    this.#running = false;
    this.#plan(checked);
  }

  readonly #check = async (asked: readonly undefined[], { tx, now, config }: Delivery): Promise<Outcome<Checked>[]> => {
    const store = new SlaTicketStore(tx);
    const due = await store.claimDue(now, TICKETS_MAX);
    const outdated = due.length < TICKETS_MAX ? await store.claimOutdated(config.bundle, now, TICKETS_MAX - due.length) : [];
    const rows = [...due, ...outdated];
    const events: Draft[] = [];
    const checked: CheckedRow[] = [];
    for (const row of rows) {
      const one = this.#checkOne(row, config, now);
      events.push(...one.events);
      checked.push(one.row);
    }
    await store.save(checked, config.bundle);
    const next = await store.nextCheckAt();
    // A row that is due and was not claimed is in another's hands, for some milliseconds.
    const waitMs = next === null ? Infinity : Math.max(20, next.getTime() - now.getTime());
    const answer: Checked = { more: rows.length === TICKETS_MAX, waitMs };
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer }));
  };

  /** One ticket that cannot be computed must not keep the others from being checked. */
  #checkOne(
    { ticketId, facts, cause, state }: SlaTicketRow,
    config: ConfigurationSnapshot,
    now: Date,
  ): { events: Draft[]; row: CheckedRow } {
    try {
      const check = checkTicket(ticketId, facts, state, (tier) => this.#policies.find(config, tier), now.getTime());
      if (check.unreachable) {
        const { policy, calendar } = check.unreachable;
        this.#policies.warnOnce(
          `sla-policy '${policy.name}@${policy.version}' has deadlines that calendar '${calendar.name}@${calendar.version}' never reaches: these clocks are left out`,
        );
      }
      const { open, nextCheckAt } = check;
      return {
        events: cause ? causedBy(cause, check.events) : check.events,
        row: { ticketId, state: check.state, open, nextCheckAt: nextCheckAt === null ? null : new Date(nextCheckAt) },
      };
    } catch (error) {
      this.#logger.error(`ticket ${ticketId} cannot be checked: ${(error as Error).message}`);
      return { events: [], row: { ticketId, state, open: true, nextCheckAt: new Date(now.getTime() + BROKEN_WAIT_MS) } };
    }
  }
}
