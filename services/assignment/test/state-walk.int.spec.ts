import { AgentsTopic, SolveRequested, TicketsTopic, type AgentState, type Topic } from '@signalbox/contracts';
import type { RunningService } from '@signalbox/service-defaults';
import { aCompany, anAgent, aQueue, Company, presence, proposed, received } from './company.js';

type Said = { readonly version: number; readonly data: object };
let company: Company;
let second: RunningService;
beforeAll(async () => {
  company = await Company.open({ REPUBLISH_MINUTES: '0.05' });
  second = await company.startInstance();
});
afterAll(async () => {
  await second.close();
  await company.close();
});

const statesOf = (topic: Topic, subject: string): Said[] => company.stack.eventsAbout(subject, topic) as unknown as Said[];
async function until(what: string, satisfied: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !satisfied(); await new Promise((resolve) => setTimeout(resolve, 50)))
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${what}`);
}
const withoutTime = ({ data }: Said): object => ({ ...data, updatedAt: '' });

it('says the states of agents and of tickets that have not ended again, with higher versions, and no others', async () => {
  await company.apply([aCompany(), aQueue(), anAgent('ana'), anAgent('gone')]);
  await company.tell(presence('ana'));
  await company.apply([{ kind: 'agent', name: 'gone', content: null }]);
  await company.tell(received('waiting'), received('owned'), received('solved'));
  await company.tell(proposed('owned', 'ana'), proposed('solved', 'ana'));
  await company.tell(SolveRequested('solved', { agentId: 'ana', askedAt: '2026-11-24T09:00:05.000Z' }));

  const before = new Map(
    (['waiting', 'owned', 'solved', 'ana', 'gone'] as const).map((subject) => [
      subject,
      statesOf(['ana', 'gone'].includes(subject) ? AgentsTopic : TicketsTopic, subject),
    ]),
  );
  const again = (subject: 'waiting' | 'owned' | 'ana', topic: Topic) => statesOf(topic, subject).slice(before.get(subject)!.length);
  await until('two more walks', () => again('waiting', TicketsTopic).length >= 2 && again('ana', AgentsTopic).length >= 2);

  for (const [subject, topic] of [['waiting', TicketsTopic] as const, ['owned', TicketsTopic] as const, ['ana', AgentsTopic] as const]) {
    const last = before.get(subject)!.at(-1)!;
    const versions = again(subject, topic).map(({ version }) => version);
    expect(versions).toEqual(versions.map((_, index) => last.version + 1 + index));
    for (const state of again(subject, topic)) expect(withoutTime(state)).toEqual(withoutTime(last));
  }
  expect(statesOf(TicketsTopic, 'solved')).toHaveLength(before.get('solved')!.length);
  expect(statesOf(AgentsTopic, 'gone')).toHaveLength(before.get('gone')!.length);
  const ana = again('ana', AgentsTopic).at(-1) as unknown as AgentState;
  expect(ana.data).toMatchObject({ unitsUsed: 1, holds: [{ ticketId: 'owned' }] });
});

it('walks in batches, once for two instances', async () => {
  const tickets = Array.from({ length: 620 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
  await company.stack.publish(...tickets.map((id) => received(id)));
  const times = () => tickets.map((id) => statesOf(TicketsTopic, id).length);
  await until('every ticket is said twice more', () => times().every((count) => count >= 3));
  // A walk over 620 needs two batches; nobody is said twice before everybody was said once.
  expect(Math.max(...times()) - Math.min(...times())).toBeLessThanOrEqual(1);
  const [walk] = await company.stack.query<{ due: boolean }>('assignment', 'select due_at is not null as due from state_walk');
  expect(walk).toEqual({ due: true });
});
