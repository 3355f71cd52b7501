import { AgentsTopic, HoldRequested, TicketEscalated, TicketsTopic, type AgentState, type Draft } from '@signalbox/contracts';
import { aCompany, anAgent, aQueue, Company, presence, proposed, received } from './company.js';

let company: Company;
const supervisors = { kind: 'queue', name: 'supervisors', content: { ...aQueue().content, title: 'Supervisors' } };

beforeAll(async () => {
  company = await Company.open();
  await company.apply([
    aCompany(),
    aQueue(),
    supervisors,
    anAgent('ana'),
    anAgent('ben'),
    anAgent('sam', { role: 'supervisor', queues: ['supervisors'], unitsMax: 2 }),
    anAgent('sue', { role: 'supervisor', queues: ['supervisors'], unitsMax: 1 }),
    anAgent('tom', { role: 'supervisor', unitsMax: 0 }),
  ]);
  await company.tell(...['ana', 'ben', 'sam', 'sue', 'tom'].map((name) => presence(name)));
});
afterAll(() => company.close());

const escalated = (ticketId: string, asks: Partial<TicketEscalated['data']>): Draft =>
  TicketEscalated(ticketId, {
    level: 2,
    cause: 'due',
    explanation: 'at the deadline',
    notify: [],
    escalatedAt: '2026-11-24T10:00:00.000Z',
    ...asks,
  });
const unitsOf = (agentId: string): number => (company.stack.eventsAbout(agentId, AgentsTopic).at(-1)!.data as AgentState['data']).unitsUsed;
const ownedByAna = async (ticketId: string): Promise<void> => {
  await company.tell(received(ticketId));
  await company.tell(proposed(ticketId, 'ana'));
};

describe('an escalation', () => {
  it('takes an open ticket back to its queue, with its age and not at once to the same owner', async () => {
    await ownedByAna('t-back');
    await company.tell(escalated('t-back', { requeue: true, raisePriorityTo: 'urgent' }));
    expect(company.said('t-back').slice(1)).toMatchObject([
      { type: 'StatusChanged', data: { cause: 'escalation', ticket: { agentId: 'ana', priorityOverride: 'urgent' } } },
      {
        type: 'TicketReleased',
        causationId: 'signalbox.sla-escalation/t-back/1',
        data: {
          why: 'escalation',
          agentId: 'ana',
          ticket: { agentId: null, excludedAgentIds: ['ana'], status: 'open' },
          load: { units: 0 },
        },
      },
    ]);
    expect(company.stack.eventsAbout('t-back', TicketsTopic).at(-1)!.data).toMatchObject({
      firstQueuedAt: '2026-11-24T09:00:00.000Z',
      priority: 'urgent',
    });
  });

  it('gives tickets to supervisors who take tickets, as far as they have room, then to nobody beyond it', async () => {
    const ids = ['t-1', 't-2', 't-3', 't-4'];
    for (const id of ids) await ownedByAna(id);
    for (const id of ids) await company.tell(escalated(id, { reassignToRole: 'supervisor' }));
    const ends = ids.map((id) => company.typesSaid(id).slice(1));
    expect(ends.slice(0, 3)).toEqual([1, 2, 3].map(() => ['TicketReleased', 'TicketAssigned']));
    expect(ids.slice(0, 3).map((id) => (company.said(id).at(-1)!.data as { agentId: string }).agentId)).toEqual(['sam', 'sue', 'sam']);
    expect(company.said('t-1')[1]).toMatchObject({ data: { why: 'escalation', agentId: 'ana', ticket: { agentId: 'sam' } } });
    expect(company.said('t-1')[2]).toMatchObject({ data: { how: 'escalated', load: { cause: 'assigned', units: 1 } } });
    // No queue for supervisors is named: back to its own.
    expect(company.said('t-4').slice(1)).toMatchObject([
      { type: 'TicketReleased', data: { why: 'escalation', ticket: { agentId: null } } },
    ]);
    expect([unitsOf('sam'), unitsOf('sue'), unitsOf('ana')]).toEqual([2, 1, 0]);
    await company.tell(escalated('t-1', { reassignToRole: 'supervisor' }));
    expect(company.typesSaid('t-1')).toHaveLength(3);
  });

  it("moves it to the supervisors' queue where nobody has room, and leaves what waits for its customer", async () => {
    await company.apply([aCompany({ supervisorQueue: 'supervisors' })]);
    await ownedByAna('t-moved');
    await ownedByAna('t-pending');
    await company.tell(HoldRequested('t-pending', { askedAt: '2026-11-24T09:00:05.000Z', agentId: 'ana', status: 'pending' }));
    const asks = { reassignToRole: 'supervisor', requeue: true } as const;
    await company.tell(escalated('t-moved', asks), escalated('t-pending', asks));
    expect(company.said('t-moved').slice(1)).toMatchObject([
      {
        type: 'TicketTransferred',
        data: { why: 'escalation', from: { agentId: 'ana' }, to: { queueId: 'supervisors' }, load: { units: 0 } },
      },
    ]);
    expect(company.stack.eventsAbout('t-moved', TicketsTopic).at(-1)!.data).toMatchObject({ queueId: 'supervisors', agentId: null });
    expect(company.typesSaid('t-pending')).toEqual(['TicketAssigned', 'StatusChanged']);
  });

  it('that is read before its ticket takes effect when the ticket comes', async () => {
    await company.tell(escalated('t-early', { reassignToRole: 'supervisor', raisePriorityTo: 'high' }));
    expect(company.said('t-early')).toEqual([]);
    await company.tell(received('t-early'));
    expect(company.said('t-early')).toMatchObject([
      { type: 'StatusChanged', data: { cause: 'escalation', ticket: { priorityOverride: 'high', queueOverride: 'supervisors' } } },
    ]);
  });
});
