import { AgentsTopic, HoldRequested, MessageReceived, ResumeRequested, type Draft } from '@signalbox/contracts';
import { PresenceLeaseTimer } from '../src/presence-lease.timer.js';
import { aCompany, anAgent, aQueue, Company, presence, proposed, received } from './company.js';

const names = ['ana', 'ben', 'cem', 'dora'];
let company: Company;
beforeAll(async () => {
  company = await Company.open();
  await company.apply([aCompany(), aQueue(), ...names.map((name) => anAgent(name))]);
  await company.tell(...names.map((name) => presence(name)));
  await company.tell(...names.map((name) => received(`t-${name}`)));
  await company.tell(...names.map((name) => proposed(`t-${name}`, name)));
});
afterAll(() => company.close());

const leasesEnded = async (interval: string): Promise<void> => {
  await company.stack.query('assignment', `update agent set lease_until = clock_timestamp() - interval '${interval}'`);
  await company.service.app.get(PresenceLeaseTimer).endLeases();
  await company.stack.settled();
};
const presences = () => names.map((name) => (company.stack.eventsAbout(name, AgentsTopic).at(-1)!.data as { presence: string }).presence);

const customerWrites = (ticketId: string): Draft =>
  MessageReceived(ticketId, {
    messageId: `more-${ticketId}`,
    channel: 'email',
    door: 'smtp',
    kind: 'human',
    customer: { customerId: 'customer-1', address: 'ida@example.com' },
    text: 'And?',
    attachments: [],
    receivedAt: '2026-11-24T09:10:00.000Z',
  });
const graceEnds = async (agentId: string): Promise<void> => {
  await company.stack.query(
    'assignment',
    `update agent set offline_since = clock_timestamp() - interval '2 minutes' where agent_id = '${agentId}'`,
  );
  await company.service.app.get(PresenceLeaseTimer).endLeases();
  await company.stack.settled();
};

it('takes nothing from anybody while the presence of many runs out at once, and acts when they have not come back for long', async () => {
  await leasesEnded('1 second');
  expect(presences()).toEqual(['online', 'online', 'online', 'online']);
  expect(names.flatMap((name) => company.typesSaid(`t-${name}`))).toEqual(names.map(() => 'TicketAssigned'));
  // Their records still say online: only the rejection tells that nothing can be given to them.
  await company.tell(received('t-meanwhile'), proposed('t-meanwhile', 'ben'));
  expect(company.said('t-meanwhile')).toMatchObject([{ type: 'ProposalRejected', data: { agentId: 'ben', why: 'agent-not-online' } }]);
  await leasesEnded('14 minutes');
  expect(presences()).toEqual(['online', 'online', 'online', 'online']);
  await company.tell(presence('ana'));
  await leasesEnded('16 minutes');
  expect(presences()).toEqual(['offline', 'offline', 'offline', 'offline']);
  for (const name of names)
    expect(company.said(`t-${name}`).at(-1)).toMatchObject({
      type: 'TicketReleased',
      data: { why: 'agent-offline', ticket: { agentId: null } },
    });
});

it('leaves a ticket with an agent who is offline for less than the grace', async () => {
  await company.tell(presence('ben', 'online'), received('t-grace'));
  await company.tell(proposed('t-grace', 'ben'));
  await company.tell(presence('ben', 'offline'));
  await company.service.app.get(PresenceLeaseTimer).endLeases();
  await company.tell(presence('ben', 'online'));
  expect(company.typesSaid('t-grace')).toEqual(['TicketAssigned']);
});

it('leaves with an agent who is gone what the queue lets them keep, until its customer writes', async () => {
  await company.apply([aQueue({ whenOffline: { email: 'keep' } })]);
  await company.tell(presence('cem'), received('t-kept', 'email'), received('t-taken'));
  await company.tell(proposed('t-kept', 'cem'), proposed('t-taken', 'cem'));
  await company.tell(presence('cem', 'offline'));
  await graceEnds('cem');
  expect(company.typesSaid('t-kept')).toEqual(['TicketAssigned']);
  expect(company.typesSaid('t-taken')).toEqual(['TicketAssigned', 'TicketReleased']);
  await company.tell(customerWrites('t-kept'));
  expect(company.said('t-kept').at(-1)).toMatchObject({
    type: 'TicketReleased',
    data: { why: 'agent-offline', ticket: { agentId: null } },
  });
});

it('keeps a pending ticket with an owner who is offline within the grace, and takes it back when the grace is over', async () => {
  const asked = { agentId: 'dora', askedAt: '2026-11-24T09:05:00.000Z' } as const;
  await company.tell(presence('dora'), received('t-soon'), received('t-late'));
  await company.tell(proposed('t-soon', 'dora'), proposed('t-late', 'dora'));
  await company.tell(HoldRequested('t-soon', { ...asked, status: 'pending' }), HoldRequested('t-late', { ...asked, status: 'pending' }));
  await company.tell(presence('dora', 'offline'));
  await company.tell(customerWrites('t-soon'));
  expect(company.said('t-soon').at(-1)).toMatchObject({ data: { cause: 'customer-replied', ticket: { status: 'open', agentId: 'dora' } } });
  await graceEnds('dora');
  expect(company.said('t-soon').at(-1)).toMatchObject({
    type: 'TicketReleased',
    data: { why: 'agent-offline', ticket: { agentId: null } },
  });
  await company.tell(ResumeRequested('t-late', asked));
  expect(company.said('t-late').at(-1)).toMatchObject({ type: 'RequestRefused', data: { why: 'agent-not-online' } });
  await company.tell(customerWrites('t-late'));
  expect(company.said('t-late').at(-1)).toMatchObject({ data: { cause: 'customer-replied', ticket: { status: 'open', agentId: null } } });
});

it('takes back what somebody left who said so, also while the presence of many has run out', async () => {
  await company.tell(...names.map((name) => presence(name)), received('t-left'));
  await company.tell(proposed('t-left', 'dora'));
  await company.tell(presence('dora', 'offline'));
  await leasesEnded('1 second');
  await graceEnds('dora');
  expect(company.typesSaid('t-left')).toEqual(['TicketAssigned', 'TicketReleased']);
  expect(presences()).toEqual(['online', 'online', 'online', 'offline']);
});
