/** A small company: two queues, two agents who cannot see each other's, a supervisor. */
const units = { web: 1, email: 1, chat: 2, social: 1 };
const ask = { mode: 'ask', seconds: 60 };
const offers = { web: ask, email: ask, chat: ask, social: ask };
const person = (name: string, role: string, queues: string[]) => ({
  name,
  role,
  queues,
  email: `${name.toLowerCase()}@example.org`,
  unitsMax: role === 'agent' ? 4 : 0,
});

export const COMPANY = [
  {
    kind: 'company',
    name: 'example',
    content: {
      title: 'Example',
      timeZone: 'Europe/Berlin',
      defaultLanguage: 'en',
      defaultQueue: 'general',
      supportAddress: 'support@example.com',
    },
  },
  { kind: 'queue', name: 'billing', content: { title: 'Billing', units, offers } },
  { kind: 'queue', name: 'general', content: { title: 'General', units, offers } },
  { kind: 'category', name: 'refund', content: { title: 'Refund', queue: 'billing', requiredSkills: { accounting: 3 } } },
  { kind: 'agent', name: 'ana', content: person('Ana', 'agent', ['billing']) },
  { kind: 'agent', name: 'ben', content: person('Ben', 'agent', ['general']) },
  { kind: 'agent', name: 'sue', content: person('Sue', 'supervisor', []) },
];
