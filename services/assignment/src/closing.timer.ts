import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { close } from './domain/oversight.js';
import { Repeating } from './repeating.js';

const DAY_MS = 86_400_000;
const CLAIM_OLD_SOLVED = `
  select ticket_id from ticket where status = 'solved' and solved_at <= $1
  order by solved_at limit 500 for update skip locked`;

@Injectable()
export class ClosingTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('ClosingTimer', 30_000, () => this.closeOld());

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Closes what was solved longer ago than a reply may reopen it, at most 500 a turn; gives how many. */
  closeOld(): Promise<number> {
    return this.unit.submit(this.#close, undefined);
  }

  readonly #close: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const solvedBefore = new Date(delivery.now.getTime() - desk.reopenDaysMax * DAY_MS);
    const old = (await delivery.tx.query(CLAIM_OLD_SOLVED, [solvedBefore])) as { ticket_id: string }[];
    await desk.load(old.map((row) => row.ticket_id));
    for (const { ticket_id } of old) desk.apply(close(desk.ticket(ticket_id), desk.reopenDaysMax, desk.now));
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: old.length }));
  };
}
