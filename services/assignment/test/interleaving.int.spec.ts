import { AnswerProposed, SolveRequested, TicketEscalated, TicketsTopic, type Draft } from '@signalbox/contracts';
import { aCompany, anAgent, aQueue, Company, enriched, presence, proposed, received } from './company.js';

let company: Company;
beforeAll(async () => {
  company = await Company.open();
  await company.apply([aCompany(), aQueue(), anAgent('ana')]);
  await company.tell(presence('ana', 'offline'));
});
afterAll(() => company.close());

const permutations = <T>(list: readonly T[]): T[][] =>
  list.length <= 1 ? [[...list]] : list.flatMap((one, index) => permutations(list.toSpliced(index, 1)).map((rest) => [one, ...rest]));

/** One event of each topic, about a fresh ticket. */
const recorded: readonly ((ticketId: string) => Draft)[] = [
  (id) => received(id, 'email', { number: 7 }),
  (id) => enriched(id, { priority: 'high', wantsHuman: true }),
  (id) => proposed(id, 'ana'),
  (id) => SolveRequested(id, { agentId: 'ana', askedAt: '2026-11-24T09:00:05.000Z' }),
  (id) =>
    TicketEscalated(id, {
      level: 1,
      cause: 'due',
      explanation: 'due',
      raisePriorityTo: 'urgent',
      notify: [],
      escalatedAt: '2026-11-24T09:30:00.000Z',
    }),
];

it('ends in the same state, whatever the order in which the topics are read', async () => {
  const orders = permutations(recorded);
  // One step of all orders at a time: what has been settled has been read before what follows.
  for (const step of recorded.keys()) await company.tell(...orders.map((order, index) => order[step]!(`t-${index}`)));
  const rows = await company.stack.query(
    'assignment',
    `select distinct number, channel, customer_id, category, priority, language, wants_human, status, epoch, agent_id, offer_id, priority_override,
            extra_skills, transfer_skills, first_queued_at, relax_from, excluded_agent_ids, granted_proposal_id, pending_answer from ticket`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ number: '7', category: 'parcel', status: 'new', priority_override: 'urgent' });
  const states = new Set(
    orders.map((_, index) => {
      const last = company.stack.eventsAbout(`t-${index}`, TicketsTopic).at(-1)!.data as { updatedAt: string };
      return JSON.stringify({ ...last, updatedAt: '' });
    }),
  );
  expect(states.size).toBe(1);
});

it('releases an answer once, whether it or the ticket is read first', async () => {
  const answer = { articleId: 'a', revision: 1, locale: 'de', title: 'A', confidence: 1, text: 'So.', feedbackToken: 'token' };
  const verdict = (id: string): Draft =>
    AnswerProposed(id, { answer, threshold: 0.9, suggestions: [], decidedAt: '2026-11-24T09:00:01.000Z' });
  await company.tell(received('t-first'), verdict('t-late'));
  await company.tell(verdict('t-first'), received('t-late'));
  for (const id of ['t-first', 't-late']) expect(company.typesSaid(id)).toEqual(['AnswerReleased']);
});
