import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { configKinds, type ConfigKind } from '@signalbox/contracts';
import { ConfigurationSnapshot, UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import { nothingMoved } from './domain/recomputing.js';
import { problemsOf } from './domain/policy.js';
import { isToBeSaid, reportOf } from './recomputing.js';
import { RecomputationStore, withMoves, type Recomputation } from './recomputation.store.js';
import { SlaTicketStore } from './sla-ticket.store.js';
import { TicketChecker } from './ticket-checker.js';

/** In one unit; deadlines that fall due in the meantime wait for it. */
const TICKETS_MAX = 250;
const SWEEP_MS = 2_000;
const PROBLEMS_MAX = 20;

/** Works through previews, a batch of tickets at a time; several instances share several previews. */
@Injectable()
export class PreviewTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('PreviewTimer');
  #alarm: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(TicketChecker) private readonly checker: TicketChecker,
  ) {}

  onApplicationBootstrap(): void {
    this.#wakeIn(0);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#alarm);
  }

  #wakeIn(waitMs: number): void {
    if (!this.#stopped) this.#alarm = setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    const more = await this.unit.submit(this.#look, undefined).catch((error: Error) => {
      this.#logger.warn(`preview: ${error.message}`);
      return false;
    });
    this.#wakeIn(more ? 0 : SWEEP_MS);
  }

  readonly #look = async (asked: readonly undefined[], delivery: Delivery): Promise<Outcome<boolean>[]> => {
    const { tx, now, config } = delivery;
    const store = new RecomputationStore(tx);
    const preview = await store.claimPreview();
    if (!preview) return asked.map(() => ({ events: [], answer: false }));
    const { snapshot, problems } = changedBy(config, preview);
    const rows = await new SlaTicketStore(tx).openAfter(preview.afterTicket, TICKETS_MAX);
    const moves = await this.checker.compare(rows, snapshot, preview.startedAt, delivery);
    const done = rows.length < TICKETS_MAX;
    const summed = withMoves(preview, moves);
    const tickets = done ? summed.report.checked : summed.report.tickets;
    const next = {
      ...summed,
      afterTicket: rows.at(-1)?.ticketId ?? preview.afterTicket,
      report: { ...summed.report, tickets, problems, done },
    };
    const isSaid = isToBeSaid(next, now);
    await store.save({ ...next, saidAt: isSaid ? now : next.saidAt });
    const events = isSaid ? [{ ...reportOf(next, now), ...(preview.cause ? { cause: preview.cause } : {}) }] : [];
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer: true }));
  };
}

/** What a preview begins with. */
export const nothingPreviewed = (bundle: number, tickets: number): Recomputation['report'] => ({
  ...nothingMoved,
  bundle,
  preview: true,
  done: false,
  tickets,
  problems: [],
});

/** The configuration as it would be, and what is wrong with it. The console has checked each document by itself. */
function changedBy(config: ConfigurationSnapshot, { documents }: Recomputation): { snapshot: ConfigurationSnapshot; problems: string[] } {
  const kinds = new Map<string, Map<string, unknown>>();
  const versions = new Map<string, number>();
  for (const kind of Object.keys(configKinds) as ConfigKind[]) {
    kinds.set(kind, new Map(config.all(kind)));
    for (const name of config.all(kind).keys()) versions.set(`${kind}/${name}`, config.versionOf(kind, name));
  }
  const problems: string[] = [];
  for (const { kind, name, content } of documents ?? []) {
    if (content === undefined) {
      kinds.get(kind)!.delete(name);
      continue;
    }
    const parsed = configKinds[kind].safeParse(content);
    if (!parsed.success) {
      problems.push(`${kind} '${name}': ${parsed.error.issues[0]!.message}`);
      continue;
    }
    kinds.get(kind)!.set(name, parsed.data);
    versions.set(`${kind}/${name}`, config.versionOf(kind, name) + 1);
  }
  const snapshot = new ConfigurationSnapshot(config.bundle, kinds, versions);
  for (const [name, policy] of snapshot.all('sla-policy')) {
    const calendar = snapshot.find('calendar', policy.calendar);
    if (!calendar && policy.hours === 'business') problems.push(`sla-policy '${name}': calendar '${policy.calendar}' does not exist`);
    if (calendar) problems.push(...problemsOf(policy, calendar).map((problem) => `sla-policy '${name}': ${problem}`));
  }
  return { snapshot, problems: problems.map((problem) => problem.slice(0, 300)).slice(0, PROBLEMS_MAX) };
}
