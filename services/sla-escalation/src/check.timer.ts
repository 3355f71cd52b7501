import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Draft } from '@signalbox/contracts';
import { UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import { Recomputing } from './recomputing.js';
import { SlaTicketStore } from './sla-ticket.store.js';
import { TicketChecker } from './ticket-checker.js';
import { TicketFollower } from './ticket-follower.js';

const TICKETS_MAX = 500;
/** Of those under older rules. What falls due waits for the unit under way: 0.4 s at p99 beside a million clocks, with 500 it was 0.6 s beside a tenth of them. */
const OUTDATED_MAX = 200;
/** The safety net for what another instance wrote; ordinarily the next due instant is known. */
const SWEEP_MS = 1_000;

/** What is said later than that is worth a line in the log. */
const LATE_MS = 5_000;

interface Looked {
  readonly more: boolean;
  /** From now; Infinity: nothing is due. */
  readonly waitMs: number;
}

/** Checks the tickets whose time has come, and those last checked under an older configuration. */
@Injectable()
export class CheckTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('CheckTimer');
  #alarm: NodeJS.Timeout | undefined;
  /** ms of `performance.now()`; Infinity: it runs, and sets its alarm itself. */
  #alarmAt = 0;
  #stopped = false;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(TicketChecker) private readonly checker: TicketChecker,
    @Inject(Recomputing) private readonly recomputing: Recomputing,
    @Inject(TicketFollower) private readonly follower: TicketFollower,
  ) {}

  onApplicationBootstrap(): void {
    this.#wakeIn(0);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#alarm);
  }

  /** A ticket is due in so many ms. Too early does no harm. */
  expect(waitMs: number): void {
    if (this.#alarmAt < Infinity && performance.now() + waitMs < this.#alarmAt) this.#wakeIn(waitMs);
  }

  #wakeIn(waitMs: number): void {
    clearTimeout(this.#alarm);
    this.#alarmAt = performance.now() + waitMs;
    if (!this.#stopped) this.#alarm = setTimeout(() => void this.#run(), waitMs);
  }

  /** Ordinarily some ms; after an outage whoever looks at the log is told what is being caught up with. */
  #sayHowLate(events: readonly Draft[]): void {
    const lateMs = events.map(({ data }) => (data as { lateMs?: number }).lateMs ?? 0).filter((ms) => ms > LATE_MS);
    if (lateMs.length === 0) return;
    const worst = Math.max(...lateMs);
    this.#logger.warn(`catching up: ${lateMs.length} warnings, breaches and levels are said up to ${Math.round(worst / 1000)} s late`);
  }

  async #run(): Promise<void> {
    this.#alarmAt = Infinity;
    const { more, waitMs } = await this.unit.submit(this.#check, undefined).catch((error: Error): Looked => {
      this.#logger.warn(`check: ${error.message}`);
      return { more: false, waitMs: Infinity };
    });
    this.#wakeIn(more ? 0 : Math.min(SWEEP_MS, waitMs));
  }

  readonly #check = async (asked: readonly undefined[], delivery: Delivery): Promise<Outcome<Looked>[]> => {
    const { tx, now, config } = delivery;
    const store = new SlaTicketStore(tx);
    const bundle = await this.checker.rulesBundle(config, tx);
    const due = await store.claimDue(now, TICKETS_MAX);
    const outdated = due.length < OUTDATED_MAX ? await store.claimOutdated(bundle, now, OUTDATED_MAX - due.length) : [];
    const { events, moves } = await this.checker.check([...due, ...outdated], delivery);
    this.#sayHowLate(events);
    events.push(...(await this.follower.follow([], events, delivery)));
    const isLast = due.length + outdated.length < OUTDATED_MAX;
    events.push(...(await this.recomputing.note(moves, isLast, bundle, delivery)));
    const next = await store.nextCheckAt();
    // A row that is due and was not claimed is in another's hands, for some milliseconds.
    const waitMs = next === null ? Infinity : Math.max(20, next.getTime() - now.getTime());
    const answer: Looked = { more: !isLast, waitMs };
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer }));
  };
}
