import { maySee, unionOf, viewOf } from './visibility.js';

const audience = { queueIds: ['billing'], agentIds: ['ana'] };

it('lets an agent see the own queues and the own tickets', () => {
  expect(maySee(viewOf({ agentId: 'ben', role: 'agent' }, ['billing']), audience)).toBe(true);
  expect(maySee(viewOf({ agentId: 'ana', role: 'agent' }, ['general']), audience)).toBe(true);
  expect(maySee(viewOf({ agentId: 'ben', role: 'agent' }, ['general']), audience)).toBe(false);
});

it.each(['supervisor', 'admin'] as const)('lets a %s see everything', (role) => {
  expect(maySee(viewOf({ agentId: 'sue', role }, []), { queueIds: [], agentIds: [] })).toBe(true);
});

it('joins two audiences, each member once', () => {
  expect(unionOf(audience, { queueIds: ['billing', 'general'], agentIds: [] })).toEqual({
    queueIds: ['billing', 'general'],
    agentIds: ['ana'],
  });
});
