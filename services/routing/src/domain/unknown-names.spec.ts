import { aTicket } from '../../test/a-round.js';
import { UnknownNames } from './unknown-names.js';

const categories = new Map([['refund', {}]]);

describe('unknown categories and skills', () => {
  it('are reported once, with the ticket, what is done with it, and what is known', () => {
    const names = new UnknownNames();
    const strange = aTicket('t-1', { category: 'moon-landing', queueId: 'general', unknownSkills: ['klingon'] });
    expect(names.newIn([strange, { ...strange, ticketId: 't-2' }], categories)).toEqual([
      "ticket t-1: category 'moon-landing' is not configured; routed to queue 'general', asking for no skill. Known: refund",
      "ticket t-1: no configured agent has the skill 'klingon'; routed without asking for it",
    ]);
    expect(names.newIn([{ ...strange, ticketId: 't-3' }], categories)).toEqual([]);
    expect(names.newIn([{ ...strange, ticketId: 't-4', category: 'mars' }], categories)).toEqual([expect.stringContaining("'mars'")]);
  });

  it('are not what is known, or not said', () => {
    const known = [aTicket('t-1', { category: 'refund' }), aTicket('t-2', { category: null })];
    expect(new UnknownNames().newIn(known, categories)).toEqual([]);
  });

  it('are reported up to a bound', () => {
    const names = new UnknownNames();
    const many = Array.from({ length: 1_001 }, (_, nth) => aTicket(`t-${nth}`, { category: `c-${nth}` }));
    expect(names.newIn(many, categories)).toHaveLength(1_000);
    expect(names.newIn([aTicket('t', { category: 'another' })], categories)).toEqual([]);
  });
});
