import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { breakSilence } from './domain/silence.js';
import { Repeating } from './repeating.js';

const CLAIM_SILENT = `
  select ticket_id from ticket where silent_due_at <= $1 order by silent_due_at limit 500 for update skip locked`;

@Injectable()
export class OwnerSilenceTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('OwnerSilenceTimer', 5_000, () => this.breakDue());

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Reminds silent owners or takes their tickets back, at most 500 a turn; gives how many it looked at. */
  breakDue(): Promise<number> {
    return this.unit.submit(this.#end, undefined);
  }

  readonly #end: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const due = await delivery.tx.query<{ ticket_id: string }[]>(CLAIM_SILENT, [delivery.now]);
    await desk.load(due.map((row) => row.ticket_id));
    for (const { ticket_id } of due) {
      const ticket = desk.ticket(ticket_id);
      const owner = desk.ownerOf(ticket);
      if (owner) desk.apply(breakSilence(ticket, owner, desk.termsFor(ticket), desk.shiftOf(owner.agentId), desk.now));
    }
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: due.length }));
  };
}
