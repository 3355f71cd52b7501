import { SlaPolicy } from '@signalbox/contracts';
import { aroundTheClock } from './calendar.js';
import { fits } from './policy.js';
import { rulesOf, type ActivePolicy, type Rulebook } from './rules.js';
import type { About } from './sla-ticket.js';

const about = (part: Partial<About> = {}): About => ({ tier: null, channel: null, category: null, ...part });
const policy = SlaPolicy.parse({ calendar: 'open', hours: 'calendar', targets: {} });
const active = (name: string, version = 1): ActivePolicy => ({
  policy,
  time: aroundTheClock,
  named: { policy: { name, version }, calendar: { name: 'open', version: 1 } },
});
const book = (from: number, version: number, vip = version): Rulebook => ({
  from,
  find: ({ tier }) => (tier === 'vip' ? active('vip', vip) : active('standard', version)),
});
const received = { type: 'received', priority: 'normal', at: 100, topic: 'x', version: 1 } as const;
const rulesFrom = (books: readonly Rulebook[], abouts = [{ from: 100, about: about() }]): unknown[] =>
  rulesOf({ facts: [received], abouts }, books).map(({ from, active: one }) => [from, one?.named.policy.name, one?.named.policy.version]);

describe('the rules a ticket has had', () => {
  it('begin with those in force at its receipt, and change with the bundles that change them', () => {
    expect(rulesFrom([book(-Infinity, 1), book(50, 2), book(200, 3)])).toEqual([
      [100, 'standard', 2],
      [200, 'standard', 3],
    ]);
  });

  it('stay when a bundle changes other policies', () => {
    expect(rulesFrom([book(-Infinity, 1, 1), book(200, 1, 2)])).toEqual([[100, 'standard', 1]]);
  });

  it('change when it is learned what the ticket is about', () => {
    const abouts = [
      { from: 100, about: about() },
      { from: 150, about: about({ tier: 'vip' }) },
    ];
    expect(rulesFrom([book(-Infinity, 1), book(200, 2)], abouts)).toEqual([
      [100, 'standard', 1],
      [150, 'vip', 1],
      [200, 'vip', 2],
    ]);
  });

  it('are those of the first bundle for what is older than all of them', () => {
    expect(rulesFrom([book(500, 7)])).toEqual([[100, 'standard', 7]]);
    expect(rulesFrom([])).toEqual([]);
  });
});

describe('of several policies', () => {
  const policies = (Object.entries({ chat: { channels: ['chat'] }, 'chat-vip': { channels: ['chat'], tiers: ['vip'] }, bills: { categories: ['billing', 'invoice'] }, standard: {}, unlisted: {} }) as [string, Partial<SlaPolicy>][]).map(([name, part]): [string, SlaPolicy] => [name, { ...policy, ...part }]); // prettier-ignore

  it.each([
    [about(), 'standard'],
    [about({ channel: 'chat' }), 'chat'],
    [about({ channel: 'chat', tier: 'vip' }), 'chat-vip'],
    [about({ channel: 'email', tier: 'vip' }), 'standard'],
    [about({ channel: 'email', category: 'invoice' }), 'bills'],
    // Both fit in one thing: the first by name.
    [about({ channel: 'chat', category: 'billing' }), 'bills'],
  ])('%j has %s', (asked, name) => {
    expect(fits(policies, asked)).toBe(name);
  });

  it('none holds where none fits and none is named standard', () => {
    expect(fits(policies.filter(([name]) => name !== 'standard'), about())).toBeUndefined(); // prettier-ignore
  });
});
