import { Company } from './company.js';
import { labelledTickets, received, solved } from './events.js';
import { sampleTickets } from './sample.js';

let company: Company;
beforeAll(async () => {
  company = await Company.open();
  await company.start();
});
afterAll(() => company.close());

describe('a ticket', () => {
  it('goes on without a category until the model is trained, and is then enriched again', async () => {
    await company.publish(received('early'), received('early-solved'), solved('early-solved', 'agent-1'));
    expect(company.records('early')).toMatchObject([{ version: 1, data: { category: { value: null }, missing: ['classifier'] } }]);
    await company.publish(...labelledTickets());
    await company.until('a category', () => company.records('early').length > 1);
    expect(company.records('early')[1]).toMatchObject({ version: 2, data: { category: { value: 'billing-dispute' }, missing: [] } });
    // What is over is classified for its customer's history, and not spoken of again.
    await company.until('a category of the solved one', async () => (await company.ticketRow('early-solved'))['category'] !== null);
    expect(company.records('early-solved')).toHaveLength(1);
    expect(company.records('early')).toHaveLength(2);
  });

  it('gets the categories of the latest labelled tickets', async () => {
    const renamed = sampleTickets.map((row) => ({ ...row, category: `new-${row.category}` }));
    await company.publish(...labelledTickets(2, renamed));
    const ready = () => fetch(`${company.services[0]!.http}/readyz`).then((response) => response.json());
    await company.until('ready with the new labels', async () => ((await ready()) as { bundle?: number }).bundle === 2);
    await company.publish(received('after'));
    expect(company.last('after')!.category.value).toBe('new-billing-dispute');
    // Those that have a category keep it until something else about them changes.
    expect(company.records('early')).toHaveLength(2);
  });
});
