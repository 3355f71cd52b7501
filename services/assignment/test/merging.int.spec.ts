import {
  AgentsTopic,
  HoldRequested,
  MergeRequested,
  MessageReceived,
  TicketsTopic,
  type AgentState,
  type AgentRole,
  type Draft,
} from '@signalbox/contracts';
import { aCompany, anAgent, aQueue, Company, presence, proposed, received } from './company.js';

let company: Company;

beforeAll(async () => {
  company = await Company.open();
  await company.apply([aCompany(), aQueue(), anAgent('ana'), anAgent('ben')]);
  await company.tell(presence('ana'), presence('ben'));
});
afterAll(() => company.close());

const asked = { askedAt: '2026-11-24T10:00:00.000Z' };
const mergeRequested = (ticketId: string, intoTicketId: string, agentId = 'ana', role: AgentRole = 'agent'): Draft =>
  MergeRequested(ticketId, { ...asked, agentId, role, intoTicketId });
const unitsOf = (agentId: string): number => (company.stack.eventsAbout(agentId, AgentsTopic).at(-1)!.data as AgentState['data']).unitsUsed;
const customerWrites = (ticketId: string): Draft =>
  MessageReceived(ticketId, {
    messageId: `more-${ticketId}`,
    channel: 'web',
    door: 'http',
    kind: 'human',
    customer: { customerId: 'customer-1', address: 'ida@example.com' },
    text: 'And?',
    attachments: [],
    receivedAt: '2026-11-24T11:00:00.000Z',
  });

describe('a merge', () => {
  it('ends one ticket in the other, which is as old as the elder, and wakes that one with what still comes for the first', async () => {
    await company.tell(received('t-from'), received('t-into', 'web', { receivedAt: '2026-11-24T09:30:00.000Z' }));
    await company.tell(proposed('t-from', 'ana'), proposed('t-into', 'ben'));
    await company.tell(HoldRequested('t-into', { ...asked, agentId: 'ben', status: 'pending' }));
    await company.tell(mergeRequested('t-from', 't-into'));
    const causationId = 'signalbox.console/t-from/1';
    const [merged] = company.said('t-from').slice(1);
    expect(merged).toMatchObject({
      type: 'TicketMerged',
      causationId,
      data: { intoTicketId: 't-into', byAgentId: 'ana', load: { cause: 'merged' }, ticket: { status: 'closed', mergedInto: 't-into' } },
    });
    expect(company.said('t-into').at(-1)).toMatchObject({
      type: 'TicketMergedIn',
      causationId,
      data: {
        fromTicketId: 't-from',
        receivedAt: '2026-11-24T09:00:00.000Z',
        ticket: { status: 'pending', agentId: 'ben', firstQueuedAt: '2026-11-24T09:00:00.000Z', relaxFrom: '2026-11-24T09:00:00.000Z' },
      },
    });
    expect(unitsOf('ana')).toBe(0);
    expect(company.stack.eventsAbout('t-from', TicketsTopic).at(-1)!.data).toMatchObject({ status: 'closed' });
    // Intake had it before it knew.
    await company.tell(customerWrites('t-from'));
    expect(company.said('t-from')).toHaveLength(2);
    expect(company.said('t-into').at(-1)).toMatchObject({
      type: 'StatusChanged',
      data: { cause: 'customer-replied', ticket: { status: 'open' } },
    });
  });

  it('takes back an offer that is out, and follows tickets that were merged again', async () => {
    await company.tell(received('t-chat', 'chat'), received('t-second'), received('t-third'));
    await company.tell(proposed('t-chat', 'ben'), proposed('t-second', 'ana'));
    await company.tell(mergeRequested('t-chat', 't-second', 'sue', 'supervisor'));
    expect(company.said('t-chat').slice(1)).toMatchObject([
      { type: 'TicketMerged', data: { byAgentId: 'sue' } },
      { type: 'OfferRescinded', data: { why: 'ticket-merged', agentId: 'ben', load: { cause: 'rescinded' } } },
    ]);
    await company.tell(mergeRequested('t-second', 't-third'));
    await company.tell(mergeRequested('t-third', 't-chat', 'sue', 'supervisor'));
    expect(company.said('t-third')).toMatchObject([
      { type: 'TicketMergedIn', data: { fromTicketId: 't-second' } },
      {
        type: 'RequestRefused',
        data: { why: 'not-mergeable', message: expect.stringMatching(/^#\d+ was merged already: it goes on as #\d+\.$/) },
      },
    ]);
    await company.tell(proposed('t-third', 'ben'));
    await company.tell(HoldRequested('t-third', { ...asked, agentId: 'ben', status: 'pending' }));
    await company.tell(customerWrites('t-chat'));
    expect(company.said('t-third').at(-1)).toMatchObject({ type: 'StatusChanged', data: { cause: 'customer-replied' } });
  });

  it('is refused for somebody else’s ticket, one nobody knows, and one of another customer', async () => {
    await company.tell(
      received('t-mine'),
      received('t-theirs', 'web', { customer: { customerId: 'customer-2', address: 'bo@example.com' } }),
    );
    await company.tell(proposed('t-mine', 'ana'));
    await company.tell(mergeRequested('t-mine', 't-theirs', 'ben'));
    await company.tell(mergeRequested('t-mine', 't-nobodys'));
    await company.tell(mergeRequested('t-mine', 't-theirs'));
    await company.tell(mergeRequested('t-mine', 't-theirs', 'sue', 'supervisor'));
    expect(company.said('t-mine').slice(1)).toMatchObject([
      { data: { why: 'not-allowed' } },
      { data: { why: 'unknown-ticket' } },
      { data: { why: 'not-allowed', message: 'These tickets are from two customers; only a supervisor may merge them.' } },
      { type: 'TicketMerged' },
    ]);
  });
});
