import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { RequestStore, type PresenceReport } from './request.store.js';

/** Well below what is left of a lease when its renewal falls due (RENEW_BELOW_MS). */
const EVERY_MS = 2_000;

/**
 * Renews the leases of all who reported since the last turn in one unit of work: a thousand agents are some thirty renewals a second, and
 * each by itself cost two services a transaction, a relay pass and a fetch (1.1 cores at one ticket a second; 0.8 with this).
 * What a crash forgets comes again with the next heartbeat.
 */
@Injectable()
export class LeaseRenewalTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('LeaseRenewal');
  #due = new Map<string, PresenceReport>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    private readonly requests: RequestStore,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#renew(), EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renew();
  }

  /** The report says nothing new, but its lease is to be renewed. */
  add(report: PresenceReport): void {
    this.#due.set(report.agentId, report);
  }

  async #renew(): Promise<void> {
    const due = [...this.#due.values()];
    this.#due = new Map();
    const renewals = await Promise.allSettled(due.map((report) => this.unit.submit(this.requests.reportPresence, report)));
    const failed = renewals.filter((renewal) => renewal.status === 'rejected');
    if (failed.length > 0)
      this.#logger.warn(`${failed.length} leases not renewed, the next heartbeats ask again: ${(failed[0]!.reason as Error).message}`);
  }
}
