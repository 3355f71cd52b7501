import { Inject, Injectable } from '@nestjs/common';
import { AccountStatus, Tier } from '@signalbox/contracts';
import CircuitBreaker from 'opossum';
import { z } from 'zod';
import { ENVIRONMENT, type EnrichmentEnvironment } from './config.js';

export interface CrmProfile {
  readonly tier: string | null;
  readonly accountStatus: string | null;
}

const Answer = z.object({ tier: Tier.optional(), accountStatus: AccountStatus.optional() });
const NOBODY: CrmProfile = { tier: null, accountStatus: null };
/** Asked at once at most; more are left to the customers topic or to the next ticket. */
const ASKED_AT_ONCE_MAX = 20;

/** Account status from an HTTP CRM, where one is configured. A ticket without it is routed as standard; one stuck behind it is not routed at all. */
@Injectable()
export class CrmClient {
  readonly #breaker: CircuitBreaker<[string], CrmProfile> | undefined;

  constructor(@Inject(ENVIRONMENT) private readonly environment: EnrichmentEnvironment) {
    if (environment.CRM_URL === undefined) return;
    this.#breaker = new CircuitBreaker((address: string) => this.#ask(address), {
      timeout: 800,
      volumeThreshold: 10,
      errorThresholdPercentage: 50,
      resetTimeout: 15_000,
      capacity: ASKED_AT_ONCE_MAX,
    });
  }

  get configured(): boolean {
    return this.#breaker !== undefined;
  }

  /** Undefined when the CRM gave no answer in time, or is not asked because it failed lately. */
  profileOf(address: string): Promise<CrmProfile | undefined> {
    return this.#breaker ? this.#breaker.fire(address).catch(() => undefined) : Promise.resolve(undefined);
  }

  async #ask(address: string): Promise<CrmProfile> {
    const url = new URL('customers', `${this.environment.CRM_URL!.replace(/\/$/, '')}/`);
    url.searchParams.set('address', address);
    const headers = this.environment.CRM_TOKEN === undefined ? {} : { authorization: `Bearer ${this.environment.CRM_TOKEN}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(800) });
    if (response.status === 404) return NOBODY;
    if (!response.ok) throw new Error(`the CRM answered ${response.status}`);
    const { tier, accountStatus } = Answer.parse(await response.json());
    return { tier: tier ?? null, accountStatus: accountStatus ?? null };
  }
}
