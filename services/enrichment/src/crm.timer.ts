import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler, type Delivery } from '@signalbox/messaging';
import { CrmClient } from './crm.client.js';
import { CustomerStore, type Profile } from './customer.store.js';
import { EnrichAgainTimer } from './enrich-again.timer.js';
import { TicketStore } from './ticket.store.js';

/** The safety net, and how soon a CRM that is back is noticed; ordinarily a ticket wakes it. */
const SWEEP_MS = 1_000;

interface Answer {
  readonly address: string;
  readonly profile: Profile;
}

/** Asks the HTTP CRM, where there is one, beside the flow: the ticket has gone on already. Who is to be asked stands in the database. */
@Injectable()
export class CrmTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('CrmTimer');
  #alarm: NodeJS.Timeout | undefined;
  #running = false;
  #awake = false;
  #stopped = false;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(CrmClient) private readonly crm: CrmClient,
    @Inject(EnrichAgainTimer) private readonly again: EnrichAgainTimer,
  ) {}

  onApplicationBootstrap(): void {
    this.#runIn(0);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#alarm);
    this.crm.close();
  }

  /** In the caller's transaction; asked after its commit. The addresses are locked. */
  async askAbout(addresses: readonly string[], { tx, now }: Delivery): Promise<void> {
    if (!this.crm.configured || addresses.length === 0) return;
    await new CustomerStore(tx).ask(addresses, now);
    this.#awake = true;
    if (!this.#running) this.#runIn(0);
  }

  #runIn(waitMs: number): void {
    clearTimeout(this.#alarm);
    if (!this.#stopped && this.crm.configured) this.#alarm = setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#awake = false;
    const asked = await this.#askSome().catch((error: Error) => {
      this.#logger.warn(`the CRM is asked later: ${error.message}`);
      return 0;
    });
    this.#running = false;
    this.#runIn(asked > 0 || this.#awake ? 0 : SWEEP_MS);
  }

  async #askSome(): Promise<number> {
    const room = this.crm.asksMax;
    if (room === 0) return 0;
    const addresses = await this.unit.submit(this.#claim, room);
    const answered = await Promise.all(
      addresses.map(async (address) => {
        const profile = await this.crm.profileOf(address);
        return profile ? [{ address, profile }] : [];
      }),
    );
    await Promise.all(answered.flat().map((answer) => this.unit.submit(this.#onAnswer, answer)));
    return addresses.length;
  }

  readonly #claim: CommandHandler<number, string[]> = async (rooms, { tx, now }) => {
    const customers = new CustomerStore(tx);
    const outcomes = [];
    for (const room of rooms) outcomes.push({ events: [], answer: await customers.claimAsks(now, room) });
    return outcomes;
  };

  readonly #onAnswer: CommandHandler<Answer, void> = async (answers, { tx, now }) => {
    await new CustomerStore(tx).saveAnswers(answers, now);
    await new TicketStore(tx).markStale(answers.map(({ address }) => address));
    this.again.wake();
    return answers.map(() => ({ events: [], answer: undefined }));
  };
}
