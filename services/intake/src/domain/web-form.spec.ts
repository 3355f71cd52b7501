import * as fc from 'fast-check';
import { parseIdempotencyKey, parseTicketForm } from './web-form.js';

const form = { customer: { email: 'ann@example.com' }, subject: 'Order 1042', body: 'Where is it?' };

describe('parseTicketForm', () => {
  it('takes the whole form and ignores what it does not know', () => {
    const value = {
      customer: { email: ' ann@example.com ', name: 'Ann\u0000  Example' },
      subject: ' Order\r\n1042 ',
      body: 'Where\u0000 is it?\r\nAnn \ud800',
      externalId: 'shop-1',
      language: 'DE-at',
      fields: { product: 'sofa', count: 2, gift: true },
    };
    expect(parseTicketForm({ ...value, csrf: 'x' })).toEqual({
      ok: true,
      value: {
        customer: { email: 'ann@example.com', name: 'Ann Example' },
        subject: 'Order 1042',
        body: 'Where is it?\nAnn \ufffd',
        externalId: 'shop-1',
        language: 'de-at',
        fields: { product: 'sofa', count: '2', gift: 'true' },
      },
    });
  });

  it.each([
    ['customer.email', { ...form, customer: { email: 'nobody' } }],
    ['customer.email', { ...form, customer: {} }],
    ['customer', { subject: 'x', body: 'y' }],
    ['customer.name', { ...form, customer: { ...form.customer, name: 'n'.repeat(201) } }],
    ['subject', { ...form, subject: ' \u0000 ' }],
    ['subject', { ...form, subject: 's'.repeat(501) }],
    ['subject', { ...form, subject: 7 }],
    ['body', { ...form, body: '' }],
    ['body', { ...form, body: 'b'.repeat(20_001) }],
    ['externalId', { ...form, externalId: 'e'.repeat(201) }],
    ['language', { ...form, language: 'German!' }],
    ['fields', { ...form, fields: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`f${index}`, 'x'])) }],
    ['fields.deep', { ...form, fields: { deep: { er: 1 } } }],
    ['fields.long', { ...form, fields: { long: 'x'.repeat(501) } }],
    ['(whole body)', 'text'],
    ['(whole body)', null],
  ])('says what is wrong with %s', (member, value) => {
    const parsed = parseTicketForm(value);
    expect(parsed).toMatchObject({ ok: false, problems: [{ member }] });
  });

  it('names the value that was given and what is allowed', () => {
    expect(parseTicketForm({ ...form, customer: { email: 'nobody' } })).toMatchObject({
      reason: `customer.email: must be an address such as 'ann@example.com'; given: "nobody"`,
    });
  });

  it('names every wrong member at once', () => {
    expect(parseTicketForm({})).toMatchObject({ problems: [{ member: 'customer' }, { member: 'subject' }, { member: 'body' }] });
  });

  it('never throws, and what it lets in can be stored', () => {
    const anything = fc.jsonValue({ stringUnit: 'binary' });
    const likely = fc.record(
      {
        customer: fc.constant(form.customer),
        subject: fc.string({ unit: 'binary', maxLength: 600 }),
        body: fc.string({ unit: 'binary' }),
        fields: fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
      },
      { requiredKeys: ['customer', 'subject'] },
    );
    fc.assert(
      fc.property(fc.oneof(anything, likely), (value) => {
        const parsed = parseTicketForm(value);
        const stored = parsed.ok
          ? [parsed.value.subject, parsed.value.body, ...Object.entries(parsed.value.fields ?? {}).flat()]
          : [parsed.reason];
        for (const text of stored) expect(text.isWellFormed() && !text.includes('\u0000')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseIdempotencyKey', () => {
  it('takes a key with or without quotes, and none', () => {
    expect(parseIdempotencyKey('"a-1"')).toEqual({ ok: true, value: 'a-1' });
    expect(parseIdempotencyKey('a-1')).toEqual({ ok: true, value: 'a-1' });
    expect(parseIdempotencyKey(undefined)).toEqual({ ok: true, value: undefined });
  });

  it.each(['', '""', 'two words', 'ü', 'k'.repeat(201)])('refuses %j', (header) => {
    expect(parseIdempotencyKey(header)).toMatchObject({ ok: false, reason: expect.stringContaining('Idempotency-Key is') });
  });
});
