import { DEFAULT_DOMAIN } from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import { queueIdOf, type TicketFacts } from './ticket-facts.js';

/** The domain in whose rounds a queue's tickets are decided. */
export const domainOfQueue = (queueId: string, config: ConfigurationSnapshot): string =>
  config.find('queue', queueId)?.domain ?? DEFAULT_DOMAIN;

export const domainOfTicket = (facts: TicketFacts, config: ConfigurationSnapshot): string =>
  domainOfQueue(queueIdOf(facts, config), config);

/**
 * The domain an agent is in: that of their queues. Configuration lets these be of one domain only; while an agent's record is older than the
 * configuration they may be of two, or not be known at all, and the first that is known decides.
 */
export function domainOfAgent(queueIds: readonly string[], config: ConfigurationSnapshot): string {
  const known = queueIds.find((queueId) => config.find('queue', queueId) !== undefined);
  return known === undefined ? DEFAULT_DOMAIN : domainOfQueue(known, config);
}

/** Every domain there is by this configuration; `default` always. */
export const domainsOf = (config: ConfigurationSnapshot): string[] => [
  ...new Set([DEFAULT_DOMAIN, ...[...config.all('queue').values()].map(({ domain }) => domain ?? DEFAULT_DOMAIN)]),
];

/** False where configuration knows no other domain: nobody can have to leave `default`. */
export const mayLeave = (domain: string, config: ConfigurationSnapshot): boolean =>
  domain !== DEFAULT_DOMAIN || domainsOf(config).length > 1;
