import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Metrics } from '@signalbox/service-defaults';
import { Gauge } from 'prom-client';
import { StaffingAlarm, type Overdue } from './domain/staffing-alarm.js';
import { TicketStore } from './ticket.store.js';

const LOOK_MS = 5_000;

/** Looks for tickets that wait past their maximum age; every instance does, and says so. */
@Injectable()
export class StaffingTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Staffing');
  readonly #alarm = new StaffingAlarm();
  readonly #overdue: Gauge;
  #interval: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(Metrics) { registry }: Metrics,
  ) {
    this.#overdue = new Gauge({
      name: 'signalbox_routing_overdue_tickets',
      help: 'Tickets that wait for an agent past their maximum age, at the last look',
      labelNames: ['domain'],
      registers: [registry],
    });
  }

  onApplicationBootstrap(): void {
    const look = (): void => {
      this.#looking ??= this.unit
        .submit(this.#look, undefined)
        .catch((error: Error) => this.#logger.warn(`not looked at this time: ${error.message}`))
        .finally(() => (this.#looking = undefined));
    };
    look();
    this.#interval = setInterval(look, LOOK_MS);
  }
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#interval);
    await this.#looking;
  }

  readonly #look: CommandHandler<undefined, void> = async (commands, { tx, now }) => {
    const overdue: Overdue[] = await new TicketStore(tx).overdue(now);
    this.#overdue.reset();
    for (const { domain, tickets } of overdue) this.#overdue.set({ domain }, tickets);
    for (const { alarm, text } of this.#alarm.look(overdue, now)) {
      if (alarm) this.#logger.error(`alarm: ${text}`);
      else this.#logger.log(text);
    }
    return commands.map(() => ({ events: [], answer: undefined }));
  };
}
