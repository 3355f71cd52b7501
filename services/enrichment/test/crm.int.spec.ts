import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CrmClient } from '../src/crm.client.js';
import { Company } from './company.js';
import { profile, received } from './events.js';

type Answer = (response: ServerResponse, address: string) => void;

/** A CRM on this machine that answers as a test says. */
class Crm {
  readonly asked: { address: string; authorization: string | undefined; response: ServerResponse }[] = [];
  answer: Answer = () => undefined;
  readonly #server: Server = createServer((request, response) => this.#onRequest(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`;
  }
  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, 'http://crm.example');
    expect([request.method, url.pathname]).toEqual(['GET', '/api/customers']);
    const address = url.searchParams.get('address')!;
    this.asked.push({ address, authorization: request.headers.authorization, response });
    this.answer(response, address);
  }
  asks(address: string): number {
    return this.asked.filter((one) => one.address === address).length;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
const says =
  (status: number, body?: object): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
const never: Answer = () => undefined;
const VIP = { tier: 'vip', accountStatus: 'active' };

let company: Company;
let crm: Crm;
let client: CrmClient;
let crmUrl: string;
beforeAll(async () => {
  crm = new Crm();
  company = await Company.open();
  crmUrl = await crm.listen();
  const service = await company.start({ CRM_URL: crmUrl, CRM_TOKEN: 'a token' });
  client = service.app.get(CrmClient);
});
afterAll(async () => {
  await company.close();
  crm.close();
});
const crmRecords = (ticketId: string) =>
  company.records(ticketId).map(({ version, data }) => [version, data.customer.tier, data.missing.includes('crm')]);
/** The next ask is due now, not in a quarter of a minute. */
const hurry = () => company.stack.query('enrichment', 'update customer_address set ask_at = now() where ask_at is not null');

describe('the HTTP CRM', () => {
  it('is asked beside the flow: the ticket goes on, and is enriched again with the answer', async () => {
    crm.answer = never;
    await company.publish(received('first', { address: 'Ida@example.com' }));
    await company.until('the CRM is asked', () => crm.asks('ida@example.com') === 1);
    // It has not answered yet.
    expect(crmRecords('first')).toEqual([[1, undefined, true]]);
    expect(crm.asked[0]!.authorization).toBe('Bearer a token');
    crm.answer = says(200, VIP);
    await hurry();
    await company.until('the better record', () => company.records('first').length === 2);
    expect(crmRecords('first')).toEqual([
      [1, undefined, true],
      [2, 'vip', false],
    ]);
    const asks = crm.asked.length;
    await company.publish(received('second', { address: 'ida@example.com' }));
    expect(crmRecords('second')).toEqual([[1, 'vip', false]]);
    expect(crm.asked).toHaveLength(asks);
  });

  it('that knows nobody of that address has answered too', async () => {
    crm.answer = says(404);
    await company.publish(received('stranger'));
    await company.until('the better record', () => company.records('stranger').length === 2);
    expect(crmRecords('stranger')[1]).toEqual([2, undefined, false]);
  });

  it('may use words of its own', async () => {
    crm.answer = says(200, { tier: 'gold', accountStatus: 'platinum-plus', language: null });
    await company.publish(received('foreign'));
    await company.until('the better record', () => company.records('foreign').length === 2);
    expect(company.last('foreign')!.customer).toMatchObject({ tier: 'gold' });
    expect(company.last('foreign')!.customer.accountStatus).toBeUndefined();
  });

  it('is not waited for when it is slow, and asked again later', async () => {
    crm.answer = never;
    await company.publish(received('slow'));
    await company.until('the CRM is asked', () => crm.asks('slow@example.com') === 1);
    const { response } = crm.asked.at(-1)!;
    if (!response.destroyed) await once(response, 'close');
    await company.stack.settled();
    expect(crmRecords('slow')).toEqual([[1, undefined, true]]);
    crm.answer = says(200, VIP);
    await hurry();
    await company.until('the better record', () => company.records('slow').length === 2);
    expect(crmRecords('slow')[1]).toEqual([2, 'vip', false]);
  });

  it('never replaces what the customers topic says, and is not asked about whom that knows', async () => {
    crm.answer = says(200, VIP);
    await company.publish(profile('crm-known', ['known@example.com'], { tier: 'basic' }));
    await company.publish(received('known'));
    expect(crmRecords('known')).toEqual([[1, 'basic', false]]);
    await company.publish(received('told'));
    await company.until('the better record', () => company.last('told')!.customer.tier === 'vip');
    await company.publish(profile('crm-told', ['told@example.com'], { tier: 'basic' }));
    await company.until('the topic counts', () => company.last('told')!.customer.tier === 'basic');
    expect([crm.asks('known@example.com'), crm.asks('told@example.com')]).toEqual([0, 1]);
  });

  it('is left alone while it fails, delays no ticket, and is asked again when it is back', async () => {
    crm.answer = says(500);
    const names = Array.from({ length: 30 }, (_, nth) => `failing-${nth}`);
    await company.publish(...names.map((name) => received(name)));
    await company.until('the breaker is open', () => client.asksMax === 0);
    const asks = crm.asked.length;
    await company.publish(received('meanwhile'));
    expect(crm.asked).toHaveLength(asks);
    for (const name of [...names, 'meanwhile']) expect(crmRecords(name)).toEqual([[1, undefined, true]]);
    crm.answer = says(200, VIP);
    await company.until('better records', async () => {
      if (client.asksMax > 0) await hurry();
      return [...names, 'meanwhile'].every((name) => company.last(name)!.customer.tier === 'vip');
    });
    for (const name of names) expect(company.records(name)).toHaveLength(2);
  });

  it('is asked about nobody anew when rewound to offset 0', async () => {
    const before = await company.rows();
    const [said, asks] = [company.stack.events().length, crm.asked.length];
    await company.services.pop()!.close();
    await company.stack.rewind('enrichment');
    await company.start({ CRM_URL: crmUrl });
    await company.stack.settled();
    expect(await company.rows()).toEqual(before);
    expect([company.stack.events().length, crm.asked.length]).toEqual([said, asks]);
  });
});
