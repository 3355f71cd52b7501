import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { endExclusions, expireOffer, rescindUndelivered } from './domain/offering.js';
import { offerOf } from './domain/ticket.js';
import { Repeating } from './repeating.js';

/** Locked rows are skipped: every instance works the same table and none waits for another; a crash frees its rows. */
const CLAIM_DUE = `
  select ticket_id from ticket where (offer_id is not null or exclusion_lapses_at is not null)
    and least(offer_expires_at, offer_acknowledge_by, exclusion_lapses_at) <= $1
  order by least(offer_expires_at, offer_acknowledge_by, exclusion_lapses_at) limit 500 for update skip locked`;

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

  /** Ends the offers and exclusions whose time is over, of at most 500 tickets a turn; gives how many tickets. */
  expireDue(): Promise<number> {
    return this.unit.submit(this.#expire, undefined);
  }

  readonly #expire: CommandHandler<undefined, number> = async (commands, delivery) => {
    const desk = await Desk.open(delivery);
    const due = (await delivery.tx.query(CLAIM_DUE, [delivery.now])) as { ticket_id: string }[];
    await desk.load(due.map((row) => row.ticket_id));
    for (const { ticket_id } of due) {
      for (const end of [rescindUndelivered, expireOffer]) {
        const ticket = desk.ticket(ticket_id);
        const offer = offerOf(ticket);
        if (offer) desk.apply(end(ticket, desk.agent(offer.agentId), desk.termsFor(ticket), desk.now));
      }
      desk.apply(endExclusions(desk.ticket(ticket_id), desk.now));
    }
    const events = await desk.save();
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: due.length }));
  };
}
