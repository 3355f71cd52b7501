import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { expireOffer } from './domain/offering.js';
import { Repeating } from './repeating.js';

/** Locked rows are skipped: every instance works the same table and none waits for another; a crash frees its rows. */
const CLAIM_DUE_OFFERS = `
  select ticket_id from ticket where offer_id is not null and offer_expires_at <= $1
  order by offer_expires_at limit 500 for update skip locked`;

@Injectable()
export class OfferExpiryTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #repeating = new Repeating('OfferExpiryTimer', 1_000, () => this.expireDue());

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeating.stop();
  }

  /** Ends the offers whose time is over, at most 500 a turn; gives how many. */
  expireDue(): Promise<number> {
    return this.unit.submit(this.#expire, undefined);
  }

  readonly #expire: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const due = (await delivery.tx.query(CLAIM_DUE_OFFERS, [delivery.now])) as { ticket_id: string }[];
    await desk.load(due.map((row) => row.ticket_id));
    for (const { ticket_id } of due) {
      const ticket = desk.ticket(ticket_id);
      if (ticket.stage.at !== 'offered') continue;
      desk.apply(expireOffer(ticket, desk.agent(ticket.stage.offer.agentId), desk.expiredOffersMax(ticket), desk.now));
    }
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: due.length }));
  };
}
