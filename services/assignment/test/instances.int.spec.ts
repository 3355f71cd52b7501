import {
  AcceptRequested,
  AgentsTopic,
  AssignmentTopic,
  AssignRequested,
  ReleaseRequested,
  SolveRequested,
  TransferRequested,
  type LoadChange,
  type OfferMade,
} from '@signalbox/contracts';
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

async function deadlocksSoFar(): Promise<number> {
  const [row] = await company.stack.query<{ deadlocks: string }>(
    'assignment',
    `select pg_stat_clear_snapshot(), (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks`,
  );
  return Number(row!.deadlocks);
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

it('hands tickets on without two owners, a lost hold or a deadlock, though two instances decide', async () => {
  const tickets = Array.from({ length: 60 }, (_, index) => `h-${index}`);
  const owners = new Map<string, string | null>();
  const ownerOf = (ticketId: string): string => owners.get(ticketId) ?? 'ana';
  let heard = company.stack.events(AssignmentTopic).length;
  const hear = (): void => {
    const said = company.stack.events(AssignmentTopic) as unknown as {
      type: string;
      ticketId: string;
      data: { agentId: string; ticket: { agentId: string | null; status: string } };
    }[];
    for (; heard < said.length; heard += 1) {
      const { type, ticketId, data } = said[heard]!;
      // Of a ticket that is taken over both events show the new owner.
      const before = ['TicketReleased', 'TicketTransferred'].includes(type) ? null : owners.get(ticketId);
      if (type === 'TicketAssigned') expect([null, undefined]).toContain(before);
      const isOwned = data.ticket.agentId !== null && data.ticket.status !== 'solved';
      owners.set(ticketId, type === 'TicketReleased' || type === 'TicketTransferred' || !isOwned ? null : data.ticket.agentId);
    }
  };
  const deadlocks = await deadlocksSoFar();
  await company.tell(...tickets.map((id, index) => received(id, index % 3 === 0 ? 'chat' : 'web')));
  for (let turn = 0; turn < 3; turn += 1) {
    await company.tell(
      ...tickets.flatMap((id, index) => {
        const owner = ownerOf(id);
        const other = owner === 'ana' ? 'ben' : 'ana';
        const byOwner = { ...asked, agentId: owner, role: 'agent' as const };
        const bySupervisor = { ...asked, agentId: 'boss', role: 'supervisor' as const, reason: 'to see what happens' };
        const epoch = Number((company.said(id).at(-1)?.data as { ticket?: { epoch: number } } | undefined)?.ticket?.epoch ?? 1);
        const requests = [
          TransferRequested(id, { ...byOwner, to: { queueId: 'general' } }),
          TransferRequested(id, { ...byOwner, to: { agentId: other } }),
          ReleaseRequested(id, bySupervisor),
          AssignRequested(id, { ...bySupervisor, toAgentId: other, overAssign: index % 2 === 0 }),
          proposed(id, other, { epoch, rescue: true }),
        ];
        return [requests[(index + turn) % requests.length]!, proposed(id, index % 2 === 0 ? 'ana' : 'ben', { epoch })];
      }),
    );
    hear();
  }
  expect([...owners.values()].filter((owner) => owner !== null).length).toBeGreaterThan(5);
  const wrong = await company.stack.query(
    'assignment',
    `select t.ticket_id from ticket t left join hold h using (ticket_id) where t.ticket_id like 'h-%'
     group by t.ticket_id having count(*) filter (where h.state = 'assigned' and h.agent_id = t.agent_id) <> (case when t.status = 'open' and t.agent_id is not null then 1 else 0 end)
       or count(*) filter (where h.state = 'offered' and h.agent_id = t.offer_agent_id) <> (case when t.offer_id is not null then 1 else 0 end)
       or count(h.ticket_id) > 2`,
  );
  expect(wrong).toEqual([]);
  for (const agentId of ['ana', 'ben']) loadsOf(agentId);
  expect((await deadlocksSoFar()) - deadlocks).toBe(0);
});

it('waits for no deadlock, though two instances decide on the same agents and tickets for different reasons', async () => {
  const before = await deadlocksSoFar();
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
  expect((await deadlocksSoFar()) - before).toBe(0);
});
