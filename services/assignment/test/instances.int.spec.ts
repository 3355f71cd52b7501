import { AcceptRequested, AgentsTopic, AssignmentTopic, SolveRequested, type LoadChange, type OfferMade } from '@signalbox/contracts';
import type { RunningService } from '@signalbox/service-defaults';
import { aCompany, anAgent, aQueue, Company, presence, proposed, received } from './company.js';

const asked = { askedAt: '2026-11-24T09:00:05.000Z' };
let company: Company;
let second: RunningService;
beforeAll(async () => {
  company = await Company.open();
  second = await company.startInstance();
  await company.apply([aCompany(), aQueue(), anAgent('ana'), anAgent('ben', { unitsMax: 3 })]);
  await company.tell(presence('ana'), presence('ben'));
});
afterAll(async () => {
  await second.close();
  await company.close();
});

/** Units each agent's load stood at, in the order of its versions; every step begins where the one before ended. */
function loadsOf(agentId: string): LoadChange[] {
  const loads = company.stack
    .events(AssignmentTopic)
    .flatMap(({ data }) => (data as { load?: LoadChange }).load ?? [])
    .filter((load) => load.agentId === agentId)
    .sort((a, b) => a.agentVersion - b.agentVersion);
  for (const [index, load] of loads.entries()) expect(load.unitsBefore).toBe(loads[index - 1]?.units ?? 0);
  return loads;
}

/** Holds without a ticket that is offered or owned so, and such tickets without a hold. */
async function wrongHolds(): Promise<number> {
  const [rows] = await company.stack.query<{ wrong: number }>(
    'assignment',
    `select count(*)::int as wrong from ticket t full join hold h using (ticket_id)
     where (h.ticket_id is not null) <> coalesce(t.offer_id is not null or t.status = 'open' and t.agent_id is not null, false)
        or h.agent_id <> coalesce(t.agent_id, t.offer_agent_id)`,
  );
  return rows!.wrong;
}

it('grants no more than there is room for, though two instances decide on the same agents', async () => {
  const tickets = Array.from({ length: 60 }, (_, index) => `t-${index}`);
  await company.tell(...tickets.map((id, index) => received(id, index % 3 === 0 ? 'chat' : 'web')));
  await company.tell(...tickets.flatMap((id) => [proposed(id, 'ana'), proposed(id, 'ben')]));
  for (const [agentId, unitsMax] of [['ana', 6] as const, ['ben', 3] as const]) {
    const loads = loadsOf(agentId);
    expect(Math.max(...loads.map((load) => load.units))).toBe(unitsMax);
  }
  const made = company.stack.events(AssignmentTopic).filter((event) => event.type === 'OfferMade') as unknown as (OfferMade & {
    ticketId: string;
  })[];
  await company.tell(
    ...made.map(({ ticketId, data }) => AcceptRequested(ticketId, { ...asked, agentId: data.agentId, offerId: data.offerId })),
    ...tickets.map((id) => SolveRequested(id, { ...asked, agentId: 'ana' })),
    ...tickets.map((id) => proposed(id, 'ben')),
  );
  expect(await wrongHolds()).toBe(0);
  for (const agentId of ['ana', 'ben']) {
    const last = loadsOf(agentId).at(-1)!;
    expect(company.stack.eventsAbout(agentId, AgentsTopic).at(-1)!.data).toMatchObject({
      agentVersion: last.agentVersion,
      unitsUsed: last.units,
    });
  }
  const refusedOrSolved = tickets.flatMap((id) =>
    company.said(id).filter((event) => event.type === 'RequestRefused' || event.type === 'TicketSolved'),
  );
  expect(refusedOrSolved.length).toBe(60);
});

it('keeps to it though the clock of one instance is a minute ahead', async () => {
  await second.close();
  second = await company.startInstance(60_000);
  const tickets = Array.from({ length: 40 }, (_, index) => `t-skewed-${index}`);
  await company.tell(...tickets.map((id, index) => received(id, index % 2 === 0 ? 'chat' : 'web')));
  // An offer of 30 s is over for the fast clock when the slow one has just made it: whoever is asked loses it, never more than that.
  for (let turn = 0; turn < 3; turn += 1) {
    await company.tell(...tickets.flatMap((id) => [proposed(id, 'ana'), proposed(id, 'ben')]));
    const offers = company.stack.events(AssignmentTopic).filter((event) => event.type === 'OfferMade') as unknown as (OfferMade & {
      ticketId: string;
    })[];
    await company.tell(
      ...offers.map(({ ticketId, data }) => AcceptRequested(ticketId, { ...asked, agentId: data.agentId, offerId: data.offerId })),
    );
    await company.tell(...tickets.map((id, index) => SolveRequested(id, { ...asked, agentId: index % 2 === 0 ? 'ana' : 'ben' })));
  }
  for (const [agentId, unitsMax] of [['ana', 6] as const, ['ben', 3] as const])
    expect(Math.max(...loadsOf(agentId).map((load) => load.units))).toBe(unitsMax);
  expect(await wrongHolds()).toBe(0);
  const owners = new Map<string, string | null>();
  for (const { type, ticketId, data } of company.stack.events(AssignmentTopic) as unknown as {
    type: string;
    ticketId: string;
    data: { agentId: string; ticket: { agentId: string | null; status: string } };
  }[]) {
    if (type === 'TicketAssigned') expect(owners.get(ticketId) ?? null).toBeNull();
    owners.set(ticketId, data.ticket.status === 'solved' ? null : data.ticket.agentId);
  }
});

it('waits for no deadlock, though two instances decide on the same agents and tickets for different reasons', async () => {
  const deadlocks = async (): Promise<number> => {
    const [row] = await company.stack.query<{ deadlocks: string }>(
      'assignment',
      `select pg_stat_clear_snapshot(), (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks`,
    );
    return Number(row!.deadlocks);
  };
  const before = await deadlocks();
  const tickets = Array.from({ length: 120 }, (_, index) => `d-${index}`);
  await company.tell(...tickets.map((id) => received(id, 'web')));
  // Proposals, requests and presence in one stream: each is a handler call of its own, for the same few agents.
  await company.tell(
    ...tickets.flatMap((id, index) => [
      proposed(id, index % 2 === 0 ? 'ana' : 'ben'),
      SolveRequested(tickets[(index * 7) % tickets.length]!, { ...asked, agentId: index % 2 === 0 ? 'ben' : 'ana' }),
      presence(index % 2 === 0 ? 'ana' : 'ben'),
    ]),
  );
  expect(await wrongHolds()).toBe(0);
  expect((await deadlocks()) - before).toBe(0);
});
