import { Inject, Injectable } from '@nestjs/common';
import { AccountStatus, LanguageTag, Tier } from '@signalbox/contracts';
import CircuitBreaker from 'opossum';
import { z } from 'zod';
import { ENVIRONMENT, type EnrichmentEnvironment } from './config.js';
import type { Profile } from './customer.store.js';

const TIMEOUT_MS = 800;
const ASKS_MAX = 20;

/** What is of no use to us is as good as missing: another system's word for a status must not count as its failure. */
const Answer = z.object({
  tier: Tier.optional().catch(undefined),
  accountStatus: AccountStatus.optional().catch(undefined),
  language: LanguageTag.optional().catch(undefined),
});
const NOBODY: Profile = { tier: null, accountStatus: null, language: null };

/** Account status from an HTTP CRM, where one is configured. A ticket without it is routed as standard; one stuck behind it is not routed at all. */
@Injectable()
export class CrmClient {
  readonly #breaker: CircuitBreaker<[string], Profile> | undefined;

  constructor(@Inject(ENVIRONMENT) private readonly environment: EnrichmentEnvironment) {
    if (environment.CRM_URL === undefined) return;
    this.#breaker = new CircuitBreaker((address: string) => this.#ask(address), {
      timeout: TIMEOUT_MS,
      volumeThreshold: 10,
      errorThresholdPercentage: 50,
      resetTimeout: 15_000,
    });
  }

  get configured(): boolean {
    return this.#breaker !== undefined;
  }

  /** How many may be asked about at once: none while it is down, one to see whether it is back. */
  get asksMax(): number {
    if (!this.#breaker || this.#breaker.opened) return 0;
    return this.#breaker.halfOpen ? 1 : ASKS_MAX;
  }

  /** Undefined when the CRM gave no answer in time, or is not asked because it failed lately. */
  profileOf(address: string): Promise<Profile | undefined> {
    return this.#breaker ? this.#breaker.fire(address).catch(() => undefined) : Promise.resolve(undefined);
  }

  close(): void {
    this.#breaker?.shutdown();
  }

  async #ask(address: string): Promise<Profile> {
    const url = new URL('customers', `${this.environment.CRM_URL!.replace(/\/$/, '')}/`);
    url.searchParams.set('address', address);
    const headers: Record<string, string> =
      this.environment.CRM_TOKEN === undefined ? {} : { authorization: `Bearer ${this.environment.CRM_TOKEN}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    // A body nobody reads keeps its connection from being used again.
    if (response.status !== 200) await response.body?.cancel();
    if (response.status === 404) return NOBODY;
    if (response.status !== 200) throw new Error(`the CRM answered ${response.status}`);
    const { tier, accountStatus, language } = Answer.parse(await response.json());
    return { tier: tier ?? null, accountStatus: accountStatus ?? null, language: language ?? null };
  }
}
