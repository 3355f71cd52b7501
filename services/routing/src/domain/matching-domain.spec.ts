import { CategoryConfig, QueueConfig } from '@signalbox/contracts';
import { ConfigurationSnapshot, NO_CONFIGURATION } from '@signalbox/messaging';
import * as fc from 'fast-check';
import { snapshot } from '../../test/events.js';
import { domainOfAgent, domainOfTicket, domainsOf, mayLeave } from './matching-domain.js';

const queue = (domain?: string): QueueConfig =>
  ({ title: 'A queue', units: {}, offers: {}, expiredOffersMax: 3, domain }) as unknown as QueueConfig;
const config = new ConfigurationSnapshot(
  1,
  new Map<string, Map<string, unknown>>([
    ['queue', new Map([...['billing', 'claims'].map((name) => [name, queue('money')] as const), ['general', queue()]])],
    ['category', new Map([['dispute', CategoryConfig.parse({ title: 'Dispute', queue: 'billing' })]])],
  ]),
);

describe('the matching domain', () => {
  it('of a ticket is its queue’s: that of a transfer, else of its category, else the default', () => {
    const enriched = { category: 'dispute' } as never;
    expect(domainOfTicket({}, config)).toBe('default');
    expect(domainOfTicket({ enriched }, config)).toBe('money');
    expect(domainOfTicket({ enriched, assignment: snapshot({ queueOverride: 'general' }) }, config)).toBe('default');
    expect(domainOfTicket({ assignment: snapshot({ queueOverride: 'claims' }) }, config)).toBe('money');
    expect(domainOfTicket({ enriched, assignment: snapshot({ queueOverride: 'gone' }) }, config)).toBe('default');
  });

  it('of an agent is that of the first queue that is known, so always exactly one that exists', () => {
    expect(domainOfAgent([], config)).toBe('default');
    expect(domainOfAgent(['gone', 'claims'], config)).toBe('money');
    expect(domainOfAgent(['general', 'claims'], config)).toBe('default');
    fc.assert(
      fc.property(fc.array(fc.constantFrom('billing', 'claims', 'general', 'gone')), (queueIds) => {
        expect(domainsOf(config)).toContain(domainOfAgent(queueIds, config));
      }),
    );
  });

  it('is one for a company that names none, which nobody has to leave', () => {
    expect(domainsOf(NO_CONFIGURATION)).toEqual(['default']);
    expect(mayLeave('default', NO_CONFIGURATION)).toBe(false);
    expect(mayLeave('money', NO_CONFIGURATION)).toBe(true);
    expect(mayLeave('default', config)).toBe(true);
  });
});
