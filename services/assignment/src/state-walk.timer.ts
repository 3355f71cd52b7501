import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler, type Delivery } from '@signalbox/messaging';
import { ENVIRONMENT, type AssignmentEnvironment } from './config.js';
import { Desk } from './desk.js';
import { Repeating } from './repeating.js';

const STATES_MAX = 500;
const BATCH_MS = 1_000;
/** At rest the row is looked at so often at most, for another instance may have moved it. */
const LOOK_MS_MAX = 60_000;

interface Walk {
  readonly began_at: Date | null;
  readonly stage: 'agents' | 'tickets';
  readonly after_id: string;
  readonly due_at: Date | null;
}
interface Turn {
  readonly said: number;
  readonly dueInMs: number;
}

/** Skip locked: of several instances one says a batch; the row's due_at keeps them together below 500 a second. */
const CLAIM = 'select began_at, stage, after_id, due_at from state_walk for update skip locked';
const SAVE = 'update state_walk set began_at = $1, stage = $2, after_id = $3, due_at = $4';
const NEXT = {
  agents: `select agent_id as id from agent where configured and agent_id > $1 order by agent_id limit ${STATES_MAX}`,
  tickets: `select ticket_id as id from ticket where status in ('new', 'open', 'pending', 'on-hold') and ticket_id > $1
    order by ticket_id limit ${STATES_MAX}`,
};

/**
 * Says the state of every configured agent and of every ticket that has not ended again, so that a reader of the compacted topics that
 * missed or spoilt one is right again after at most one walk. The states are the same, their versions higher.
 */
@Injectable()
export class StateWalkTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('StateWalkTimer', BATCH_MS, () => this.#lookWhenDue());
  readonly #intervalMs: number;
  #lookAt = 0;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(ENVIRONMENT) environment: AssignmentEnvironment,
  ) {
    this.#intervalMs = environment.REPUBLISH_MINUTES * 60_000;
  }

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  async #lookWhenDue(): Promise<void> {
    if (Date.now() < this.#lookAt) return;
    const { dueInMs } = await this.unit.submit(this.#step, undefined);
    this.#lookAt = Date.now() + Math.min(dueInMs, LOOK_MS_MAX);
  }

  readonly #step: CommandHandler<undefined, Turn> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const turn = await this.#takeStep(desk, delivery);
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: turn }));
  };

  async #takeStep(desk: Desk, { tx, now }: Delivery): Promise<Turn> {
    const [walk] = await tx.query<Walk[]>(CLAIM);
    if (!walk) return { said: 0, dueInMs: BATCH_MS };
    const sleepUntil = async (began: Date | null, stage: Walk['stage'], afterId: string, dueAt: Date, said: number): Promise<Turn> => {
      await tx.query(SAVE, [began, stage, afterId, dueAt]);
      return { said, dueInMs: dueAt.getTime() - now.getTime() };
    };
    if (walk.due_at === null) return sleepUntil(null, 'agents', '', this.#after(now), 0);
    if (walk.due_at > now) return { said: 0, dueInMs: walk.due_at.getTime() - now.getTime() };
    const began = walk.began_at ?? now;
    const ids = (await tx.query<{ id: string }[]>(NEXT[walk.stage], [walk.after_id])).map((row) => row.id);
    await (walk.stage === 'agents' ? desk.repeatAgents(ids) : desk.repeatTickets(ids));
    const nextBatchAt = new Date(now.getTime() + BATCH_MS);
    if (ids.length === STATES_MAX) return sleepUntil(began, walk.stage, ids.at(-1)!, nextBatchAt, ids.length);
    if (walk.stage === 'agents') return sleepUntil(began, 'tickets', '', nextBatchAt, ids.length);
    const nextWalkAt = this.#after(began);
    return sleepUntil(null, 'agents', '', nextWalkAt > nextBatchAt ? nextWalkAt : nextBatchAt, ids.length);
  }

  #after(instant: Date): Date {
    return new Date(instant.getTime() + this.#intervalMs);
  }
}
