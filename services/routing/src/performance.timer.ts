import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AgentPerformance, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { performanceOf } from './domain/performance.js';
import { ExperienceStore } from './experience.store.js';
import { Matching } from './matching.js';
import { activePolicy } from './ticket.store.js';

const LOOK_MS = 1_000;
/** While tickets are solved all the time, each agent is spoken of once in so long; as soon as nothing changes any more, at once. */
const TELL_MS = 10_000;
const AGENTS_MAX = 500;

/** `changed`: something was observed that has not been told. `newest` tells whether it goes on changing. Three looks into indexes. */
const LOOK = `
  select telling is not null as telling, began_at <= clock_timestamp() - interval '${TELL_MS} ms' as rested,
    exists (select from observed where changed_xid >= pg_snapshot_xmin(told) and not pg_visible_in_snapshot(changed_xid, told)) as changed,
    (select changed_xid::text from observed order by changed_xid desc limit 1) as newest,
    exists (select from learning_sample) as sampled
  from performance_told`;
/** Skip locked: of several instances one tells. */
const CLAIM = 'select from performance_told for update skip locked';
const BEGIN = `
  update performance_told set telling = pg_current_snapshot(), after_agent_id = '', began_at = clock_timestamp() where telling is null`;
const CHANGED_AGENTS = `
  select distinct o.agent_id from observed o, performance_told p
  where o.changed_xid >= pg_snapshot_xmin(p.told) and not pg_visible_in_snapshot(o.changed_xid, p.told) and o.agent_id > p.after_agent_id
  order by o.agent_id limit ${AGENTS_MAX}`;

/** Says what was learned of the agents it changed for: in a walk by id, at most 500 a second. */
@Injectable()
export class PerformanceTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('PerformanceTimer');
  #interval: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #newestBefore: string | null = null;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(Matching) private readonly matching: Matching,
  ) {}

  onApplicationBootstrap(): void {
    this.#interval = setInterval(() => {
      this.#looking ??= this.#look()
        .catch((error: Error) => this.#logger.warn(`not told this time: ${error.message}`))
        .finally(() => (this.#looking = undefined));
    }, LOOK_MS);
  }
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#interval);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const [row] =
      await this.database.query<{ telling: boolean; rested: boolean; changed: boolean; newest: string | null; sampled: boolean }[]>(LOOK);
    const { telling, rested, changed, newest, sampled } = row!;
    const still = newest === this.#newestBefore;
    this.#newestBefore = newest;
    if (telling || (changed && (rested || still))) await this.unit.submit(this.#tell, undefined);
    if (sampled) await this.unit.submit(this.#sumUp, undefined);
  }

  readonly #sumUp: CommandHandler<undefined, number> = async (commands, { tx }) => {
    const summed = await new ExperienceStore(tx).sumUp();
    return commands.map(() => ({ events: [], answer: summed }));
  };

  readonly #tell: CommandHandler<undefined, void> = async (commands, { tx, now, config }) => {
    const policy = activePolicy(config)?.policy;
    const events: Draft[] = [];
    if (policy && (await tx.query<object[]>(CLAIM)).length > 0) {
      await tx.query(BEGIN);
      const agentIds = (await tx.query<{ agent_id: string }[]>(CHANGED_AGENTS)).map((row) => row.agent_id);
      if (agentIds.length < AGENTS_MAX) await tx.query(`update performance_told set told = telling, telling = null, after_agent_id = ''`);
      else await tx.query('update performance_told set after_agent_id = $1', [agentIds.at(-1)]);
      const { learned, snapshotOf } = await this.matching.learnedNow(tx, policy.shrinkageTickets, now);
      const cells = Map.groupBy(await new ExperienceStore(tx).seen(agentIds), (cell) => cell.agentId);
      for (const [agentId, own] of cells)
        events.push(
          AgentPerformance(agentId, {
            snapshot: snapshotOf(agentId),
            categories: performanceOf(agentId, own, learned),
            updatedAt: now.toISOString(),
          }),
        );
    }
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: undefined }));
  };
}
