import fc from 'fast-check';
import { recipientsOf, withoutAddresses, type Staff } from './recipients.js';

const staff: Staff = {
  ownerId: 'ana',
  agents: new Map([
    ['ana', { role: 'agent' }],
    ['ben', { role: 'agent' }],
    ['sue', { role: 'supervisor' }],
    ['tom', { role: 'supervisor' }],
  ]),
  webhooks: new Set(['pager']),
};
const told = (words: string[], more: Partial<Staff> = {}, fallback: string[] = ['role:supervisor']) =>
  recipientsOf(words, fallback, { ...staff, ...more }).recipients.map(({ via, to }) => `${via} ${to}`);

describe('the words of a policy', () => {
  it('mean people and places, in their order', () => {
    const words = ['webhook:pager', 'owner', 'mail:lead@example.com', 'agent:ben', 'mail:boss@example.com', 'role:supervisor'];
    expect(told(words)).toEqual([
      'webhook pager',
      'console ana',
      'mail mail 1',
      'console ben',
      'mail mail 2',
      'console sue',
      'console tom',
    ]);
    const { recipients } = recipientsOf(words, [], staff);
    expect(recipients.filter(({ via }) => via === 'mail')).toEqual([
      { via: 'mail', to: 'mail 1', because: 'mail 1', address: 'lead@example.com' },
      { via: 'mail', to: 'mail 2', because: 'mail 2', address: 'boss@example.com' },
    ]);
  });

  it('name nobody twice, and keep the first reason', () => {
    expect(recipientsOf(['owner', 'agent:ana', 'role:agent', 'role:agent'], [], staff).recipients).toEqual([
      { via: 'console', to: 'ana', because: 'owner' },
      { via: 'console', to: 'ben', because: 'role:agent' },
    ]);
  });

  it('mean those of a role who are online, and all of them when none is', () => {
    const online = (...ids: string[]) => ({ online: new Map(['sue', 'tom'].map((id) => [id, ids.includes(id)])) });
    expect(told(['role:supervisor'], online('tom'))).toEqual(['console tom']);
    expect(told(['role:supervisor'], online())).toEqual(['console sue', 'console tom']);
    expect(told(['role:supervisor'], { online: new Map() })).toEqual(['console sue', 'console tom']);
  });

  it.each([
    ['owner', { ownerId: null }, 'owner: nobody has it'],
    ['owner', { ownerId: 'gone' }, 'owner: gone is no agent of the company'],
    ['agent:zoe', {}, 'agent:zoe: no agent of the company'],
    ['role:admin', {}, 'role:admin: the company has none'],
    ['webhook:siren', {}, 'webhook:siren: the company has no such webhook'],
    ['lead', {}, 'lead: nobody is called so'],
    ['mails:lead@example.com', {}, 'mail 1: nobody is called so'],
  ])('that come to nobody (%s) come to the fallback, and say why', (word, more, why) => {
    expect(recipientsOf([word], ['agent:tom'], { ...staff, ...more }).recipients).toEqual([
      { via: 'console', to: 'tom', because: `agent:tom, as ${why}` },
    ]);
  });

  it('that come to nobody, with a fallback that does too, say so', () => {
    const nobody = { ...staff, agents: new Map() };
    expect(recipientsOf(['owner', 'mail:lead@example.com'], ['role:supervisor'], nobody)).toMatchObject({
      recipients: [{ to: 'mail 1' }],
      missing: ['owner: ana is no agent of the company'],
    });
    expect(recipientsOf([], ['role:supervisor'], staff)).toEqual({ recipients: [], missing: [] });
  });

  it('are told without addresses', () => {
    expect(withoutAddresses(['owner', 'mail:b@example.com', 'mail:a@example.com', 'agent:a@b', 'x@example.com'])).toEqual([
      'owner',
      'mail 1',
      'mail 2',
      'agent:a@b',
      'mail 3',
    ]);
  });

  it('come to at most 100, each once, with no address in what is told', () => {
    const agents = new Map(Array.from({ length: 150 }, (_, nth) => [`agent-${nth}`, { role: 'agent' as const }]));
    const word = fc.constantFrom(
      'owner',
      'role:agent',
      'role:admin',
      'agent:agent-7',
      'mail:a@example.com',
      'mail:b@example.com',
      'webhook:pager',
      'huh',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), fc.array(word, { maxLength: 20 }), (words, fallback) => {
        const { recipients, missing } = recipientsOf(words, fallback, { ...staff, agents });
        const keys = recipients.map(({ via, to }) => `${via} ${to}`);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.length).toBeLessThanOrEqual(100);
        expect(JSON.stringify([missing, recipients.map(({ via, to, because }) => [via, to, because])])).not.toContain('@');
        expect(recipientsOf(words, fallback, { ...staff, agents })).toEqual({ recipients, missing });
      }),
    );
  });
});
