const units = { web: 1, email: 1, chat: 2, social: 1 };
const ask = { mode: 'ask', seconds: 60 };
const offers = { web: ask, email: ask, chat: ask, social: ask };
const person = (id: string, name: string, role: string, queues: string[], unitsMax: number) => ({
  kind: 'agent',
  name: id,
  content: { name, role, queues, unitsMax, email: `${id}@example.org` },
});

/** A company large enough to look at: three queues, five agents, a supervisor. */
export const DESK_COMPANY = [
  {
    kind: 'company',
    name: 'example',
    content: {
      title: 'Example',
      timeZone: 'Europe/Berlin',
      defaultLanguage: 'en',
      defaultQueue: 'general',
      supportAddress: 'support@example.com',
      declineReasons: [
        { name: 'not-my-field', title: 'not my field' },
        { name: 'no-time', title: 'no time before its deadline', reassignable: true },
      ],
    },
  },
  { kind: 'queue', name: 'billing', content: { title: 'Billing and contracts', units, offers } },
  { kind: 'queue', name: 'technical', content: { title: 'Workshop and electronics', units, offers } },
  { kind: 'queue', name: 'general', content: { title: 'General questions', units, offers } },
  { kind: 'category', name: 'refund', content: { title: 'Refund', queue: 'billing', requiredSkills: { accounting: 3 } } },
  { kind: 'category', name: 'battery', content: { title: 'Battery and charging', queue: 'technical', requiredSkills: { electronics: 3 } } },
  {
    kind: 'article',
    name: 'double-charge',
    content: {
      articleId: 'double-charge',
      locale: 'en',
      title: 'Why a card shows a charge twice',
      category: 'refund',
      text: 'A card may show a reservation beside the booking.\n\nThe reservation disappears by itself within five working days.',
    },
  },
  person('ana', 'Ana Brandtner', 'agent', ['billing', 'general'], 6),
  person('ben', 'Ben Okoro', 'agent', ['technical'], 5),
  person('carla', 'Carla Medeiros', 'agent', ['technical', 'general'], 6),
  person('deniz', 'Deniz Aksoy', 'agent', ['billing'], 4),
  person('edda', 'Edda Lindqvist', 'agent', ['general'], 3),
  person('sue', 'Sue Hartwell', 'supervisor', [], 0),
];
