import { EnrichmentTopic } from '@signalbox/contracts';
import { Company } from './company.js';
import { DISPUTE, ENDING, merged, profile, received, reopened, solved } from './events.js';

let company: Company;
beforeAll(async () => {
  company = await Company.open();
  await company.startTrained();
});
afterAll(() => company.close());

describe('a ticket', () => {
  it('is told its category, priority and language, once', async () => {
    await company.publish(
      received('dispute'),
      received('ending', { text: ENDING, language: 'de-AT' }),
      received('danger', { text: 'The battery is smoking while charging, is that dangerous? Let me talk to a real person please' }),
    );
    expect(company.records('dispute')).toMatchObject([
      { version: 1, data: { category: { value: 'billing-dispute', source: 'model' }, language: { value: 'en' }, missing: [] } },
    ]);
    expect(company.records('ending')).toMatchObject([{ data: { category: { value: 'cancellation' }, language: { value: 'de' } } }]);
    expect(company.records('danger')).toMatchObject([{ data: { priority: { value: 'urgent' }, wantsHuman: { value: true } } }]);
    const [model] = await company.stack.query<{ version: string }>('enrichment', 'select version from classifier_model');
    expect(company.last('dispute')!.category.modelVersion).toBe(model!.version);
  });

  it('of any size and content is read and kept in part', async () => {
    const text = `${DISPUTE} \0 \ud800 ${'🚲'.repeat(9_000)}`;
    await company.publish(received('odd', { subject: `\0${'x'.repeat(499)}`, text, address: '' }));
    expect(company.records('odd')).toMatchObject([{ data: { category: { value: 'billing-dispute' }, missing: [] } }]);
    const { body, address } = await company.ticketRow('odd');
    expect((body as string).length).toBe(10_000);
    expect(address).toBeNull();
  });
});

describe("a customer's history", () => {
  const firstOf = (customer: string) => ({
    customerId: customer,
    address: `${customer}@example.com`,
    receivedAt: '2026-11-24T09:00:00Z',
  });
  const secondOf = (customer: string) => ({ ...firstOf(customer), receivedAt: '2026-11-24T09:00:01Z' });

  it('is known to the second ticket, also when both come at once', async () => {
    // Names that share a partition, or the two could be read, and decided, one after the other.
    await company.publish(received('together-9', secondOf('together')), received('together-1', firstOf('together')));
    const partitions = [...company.stack.eventsAbout('together-9'), ...company.stack.eventsAbout('together-1')].map(
      ({ partition }) => partition,
    );
    expect(new Set(partitions).size).toBe(1);
    const [one, two] = [company.last('together-1')!, company.last('together-9')!];
    expect(one.customer).toMatchObject({ ticketsTotal: 0, ticketsLast30Days: 0, recentAgentIds: [] });
    expect(two.customer).toMatchObject({ ticketsTotal: 1, ticketsLast30Days: 1 });
    // Coming back with the same topic is more pressing: the first one's category is known although it is decided in the same call.
    await company.publish(received('apart-1', firstOf('apart')));
    await company.publish(received('apart-2', secondOf('apart')));
    const said = (ticketId: string) => ({ ...company.last(ticketId)!, customer: undefined, enrichedAt: undefined });
    expect(said('together-9')).toEqual(said('apart-2'));
    expect(said('together-9')).not.toEqual(said('together-1'));
  });

  it('does not count what was received later, whatever arrives first', async () => {
    await company.publish(received('late', secondOf('swapped')));
    await company.publish(received('early', firstOf('swapped')));
    expect(company.last('early')!.customer.ticketsTotal).toBe(0);
  });

  it('names who solved the latest tickets, newest first', async () => {
    const first = firstOf('loyal');
    await company.publish(received('past-1', first), received('past-2', first), received('past-3', first));
    await company.publish(
      solved('past-2', 'agent-new', '2026-11-24T11:00:00Z'),
      solved('past-1', 'agent-old', '2026-11-24T10:00:00Z'),
      solved('past-3', null, '2026-11-24T12:00:00Z'),
    );
    await company.publish(received('next', { ...first, receivedAt: '2026-11-24T13:00:00Z' }));
    expect(company.last('next')!.customer).toMatchObject({ ticketsTotal: 3, recentAgentIds: ['agent-new', 'agent-old'] });
  });

  it('ends with a merge: nothing more is said of the ticket, and whoever solved it before stays who did', async () => {
    await company.publish(received('joined'), received('joined-late', { customerId: 'customer-joined' }));
    await company.publish(solved('joined', 'agent-1'), merged('joined'), merged('joined-late'));
    const before = company.records('joined-late').length;
    await company.publish(profile('crm-joined', ['joined@example.com', 'joined-late@example.com']));
    expect(company.records('joined-late')).toHaveLength(before);
    await company.publish(received('joined-next', { customerId: 'customer-joined' }));
    expect(company.last('joined-next')!.customer.recentAgentIds).toEqual(['agent-1']);
  });

  it('of reopening makes a ticket be enriched again', async () => {
    await company.publish(received('back'));
    await company.publish(solved('back', 'agent-1'), profile('crm-back', ['back@example.com']));
    expect(company.records('back')).toHaveLength(1);
    await company.publish(reopened('back'));
    await company.until('a second record', () => company.records('back').length === 2);
    const [before, after] = company.records('back');
    expect(after!.data.customer.tier).toBe('vip');
    expect(after!.data.complexity).not.toEqual(before!.data.complexity);
  });
});

describe("a customer's profile", () => {
  it('is known to a ticket that comes later, and changes one that came before', async () => {
    await company.publish(
      received('before', { address: 'Ida@Example.com', text: 'Where is my parcel? It should have arrived on Tuesday.' }),
    );
    expect(company.last('before')!.customer.tier).toBeUndefined();
    await company.publish(profile('crm-ida', ['ida@example.COM', 'ida@example.org']), received('after', { address: 'ida@example.org' }));
    await company.until('a better record', () => company.records('before').length === 2);
    expect(company.records('before').map(({ version, data }) => [version, data.customer.tier, data.priority.value])).toEqual([
      [1, undefined, 'normal'],
      [2, 'vip', 'high'],
    ]);
    expect(company.last('after')!.customer).toMatchObject({ tier: 'vip', accountStatus: 'active' });
  });

  it('that says the same again changes nothing', async () => {
    await company.publish(profile('crm-same', ['same@example.com']), received('same'));
    const said = company.records('same').length;
    await company.publish(profile('crm-same', ['same@example.com']));
    await company.until('it was looked at', async () => !(await company.ticketRow('same'))['stale']);
    expect(company.records('same')).toHaveLength(said);
  });

  it('goes with its removal, or when it loses the address', async () => {
    await company.publish(profile('crm-moving', ['removed@example.com', 'moved@example.com']));
    await company.publish(received('removed'), received('moved'));
    await company.publish(profile('crm-moving', ['removed@example.com']));
    await company.until('the address is gone', () => company.last('moved')!.customer.tier === undefined);
    expect(company.last('removed')!.customer.tier).toBe('vip');
    await company.publish(profile('crm-moving', [], { removed: true }));
    await company.until('the profile is gone', () => company.last('removed')!.customer.tier === undefined);
    expect(await company.stack.query('enrichment', "select * from customer_profile where crm_customer_id = 'crm-moving'")).toEqual([]);
  });

  it('of two customers with one address outlives the removal of the other', async () => {
    await company.publish(
      profile('crm-b', ['both@example.com'], { tier: 'gold' }),
      profile('crm-a', ['both@example.com']),
      received('both'),
    );
    expect(company.last('both')!.customer.tier).toBe('vip');
    await company.publish(profile('crm-a', [], { removed: true }));
    await company.until('the other one counts', () => company.last('both')!.customer.tier === 'gold');
  });

  it('changes all open tickets of its address, however many', async () => {
    const tickets = Array.from({ length: 450 }, (_, nth) =>
      received(`many-${nth}`, { customerId: 'customer-many', address: 'many@example.com' }),
    );
    await company.publish(...tickets);
    await company.publish(profile('crm-many', ['many@example.com']));
    await company.until('all know the tier', () => tickets.every(({ ticketId }) => company.last(ticketId)!.customer.tier === 'vip'));
  });

  it('meets a ticket that comes at the same moment in another instance', async () => {
    const second = await company.start();
    const names = Array.from({ length: 200 }, (_, nth) => `meeting-${nth}`);
    await company.publish(...names.flatMap((name) => [received(name), profile(`crm-${name}`, [`${name}@example.com`])]));
    await company.until('all know the tier', () => names.every((name) => company.last(name)?.customer.tier === 'vip'));
    await second.close();
  });
});

describe('the order of topics', () => {
  it('does not matter: a ticket ends in the same state', async () => {
    const parts = (ticketId: string) => ({
      received: received(ticketId, { receivedAt: '2026-11-24T09:00:00Z' }),
      solved: solved(ticketId, 'agent-1'),
      reopened: reopened(ticketId),
      profile: profile(`crm-${ticketId}`, [`${ticketId}@example.com`]),
    });
    type Part = keyof ReturnType<typeof parts>;
    const orders = permutations<Part>(['received', 'solved', 'reopened', 'profile']).filter(
      (order) => order.indexOf('solved') < order.indexOf('reopened'),
    );
    expect(orders).toHaveLength(12);
    const tickets = orders.map((order, nth) => ({ ticketId: `order-${nth}`, order, parts: parts(`order-${nth}`) }));
    for (const step of [0, 1, 2, 3]) await company.publish(...tickets.map((ticket) => ticket.parts[ticket.order[step]!]));
    await company.until(
      'nothing is left to do',
      async () => (await company.stack.query('enrichment', 'select 1 from enriched_ticket where stale')).length === 0,
    );
    const states = await Promise.all(
      tickets.map(async ({ ticketId }) => {
        const { ticket_id: _1, customer_id: _2, address: _3, said: _4, ...row } = await company.ticketRow(ticketId);
        const { customer, enrichedAt: _5, ...record } = company.last(ticketId)!;
        return { row, record, tier: customer.tier };
      }),
    );
    for (const state of states) expect(state).toEqual(states[0]);
    expect(states[0]).toMatchObject({
      tier: 'vip',
      row: { category: 'billing-dispute', solved_by: 'agent-1', solved_at: null, reopenings: 1 },
    });
  });
});

describe('a restart', () => {
  it('changes no row and says nothing when rewound to offset 0', async () => {
    await company.publish(profile('crm-1', ['one@example.com']), received('one'), received('two'), solved('two', 'agent-1'));
    await company.publish(profile('crm-2', ['two@example.com']), reopened('two'));
    await company.until('the better record', () => company.last('two')!.customer.tier === 'vip');
    const before = await company.rows();
    const said = company.stack.events(EnrichmentTopic).length;
    await company.services.pop()!.close();
    await company.stack.rewind('enrichment');
    await company.start();
    await company.stack.settled();
    expect(await company.rows()).toEqual(before);
    expect(company.stack.events(EnrichmentTopic)).toHaveLength(said);
  });

  it('keeps the model without training again', async () => {
    const models = () => company.stack.query('enrichment', 'select training_hash, version, trained_at from classifier_model');
    const before = await models();
    await company.services.pop()!.close();
    await company.start();
    await company.publish(received('first-after'));
    expect(company.records('first-after')).toMatchObject([{ version: 1, data: { category: { value: 'billing-dispute' }, missing: [] } }]);
    expect(await models()).toEqual(before);
  });
});

function permutations<T>(all: readonly T[]): T[][] {
  return all.length <= 1
    ? [[...all]]
    : all.flatMap((one) => permutations(all.filter((other) => other !== one)).map((rest) => [one, ...rest]));
}
