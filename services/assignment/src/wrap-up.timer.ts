import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { endWrapUp } from './domain/working.js';
import { Repeating } from './repeating.js';

/** Not claimed: tickets are locked before agents, and a hold by its agent. Whoever comes second finds it ended. */
const DUE_WRAP_UPS = `select ticket_id, agent_id from hold where state = 'wrap-up' and due_at <= $1 order by due_at limit 500`;

@Injectable()
export class WrapUpTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('WrapUpTimer', 1_000, () => this.endDue());

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Ends the wrap-ups whose time is over, at most 500 a turn; gives how many. */
  endDue(): Promise<number> {
    return this.unit.submit(this.#end, undefined);
  }

  readonly #end: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const due = await delivery.tx.query<{ ticket_id: string; agent_id: string }[]>(DUE_WRAP_UPS, [delivery.now]);
    await desk.load(
      due.map((row) => row.ticket_id),
      due.map((row) => row.agent_id),
    );
    for (const { ticket_id, agent_id } of due) desk.apply(endWrapUp(desk.ticket(ticket_id), desk.agent(agent_id), 'time', desk.now));
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: due.length }));
  };
}
