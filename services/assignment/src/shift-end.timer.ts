import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { endShift } from './domain/oversight.js';
import { Repeating } from './repeating.js';

/** Not claimed: tickets are locked before agents. Whoever comes second finds it done. */
const SHIFTS_OVER = 'select agent_id from agent where shift_ends_at <= $1 order by shift_ends_at limit 100';

@Injectable()
export class ShiftEndTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('ShiftEndTimer', 15_000, () => this.endDue());

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Looks at the open tickets of agents whose shift is over, at most 100 agents a turn; gives how many. */
  endDue(): Promise<number> {
    return this.unit.submit(this.#end, undefined);
  }

  readonly #end: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const overSince = new Date(delivery.now.getTime() - desk.shiftEndGraceMinutes * 60_000);
    const due = await delivery.tx.query<{ agent_id: string }[]>(SHIFTS_OVER, [overSince]);
    await desk.loadAgents(
      due.map((row) => row.agent_id),
      'owned',
    );
    for (const { agent_id } of due) {
      const { shiftEndsAt } = desk.agent(agent_id);
      if (shiftEndsAt === null || shiftEndsAt > overSince) continue;
      desk.change({ ...desk.agent(agent_id), shiftEndsAt: null });
      if (desk.agent(agent_id).shift === 'overtime') continue;
      for (const ticket of desk.ownedBy(agent_id))
        desk.apply(endShift(ticket, desk.agent(agent_id), desk.termsFor(ticket).atShiftEnd, shiftEndsAt, desk.now));
    }
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: due.length }));
  };
}
