import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { followShift } from './domain/agent.js';
import { Repeating } from './repeating.js';

const AGENTS_PER_TURN_MAX = 500;
const DUE = `
  select agent_id from agent where configured and shift_changes_at <= $1 order by shift_changes_at, agent_id limit ${AGENTS_PER_TURN_MAX}`;

/** Says who is on shift when the hour comes, though nothing else about the agent changes. */
@Injectable()
export class ShiftChangeTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('ShiftChangeTimer', 5_000, () => this.followDue());

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Agents whose shift has begun or ended, at most 500 a turn; gives how many. */
  followDue(): Promise<number> {
    return this.unit.submit(this.#follow, undefined);
  }

  readonly #follow: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const due = await delivery.tx.query<{ agent_id: string }[]>(DUE, [delivery.now]);
    const agentIds = due.map((row) => row.agent_id);
    await desk.load([], agentIds);
    for (const agentId of agentIds) desk.change(followShift(desk.agent(agentId), desk.shiftOf(agentId), desk.now));
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: due.length }));
  };
}
