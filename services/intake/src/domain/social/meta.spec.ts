import * as fc from 'fast-check';
import { parseMetaWebhook } from './meta.js';
import type { SocialWebhook } from './social-message.js';

const receivedAt = new Date('2025-03-03T16:18:00Z');
const seconds = String(receivedAt.getTime() / 1_000);

function read(value: unknown): SocialWebhook {
  const parsed = parseMetaWebhook(Buffer.from(JSON.stringify(value)), receivedAt);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

describe('parseMetaWebhook', () => {
  it.each([
    [Buffer.from('{'), 'the webhook is not valid JSON'],
    [Buffer.from([0xff]), 'the webhook is not valid UTF-8'],
    [Buffer.from('[]'), "the webhook is []; expected an object with 'object' and up to 1000 'entry'"],
  ])('refuses what has not the shape (%#)', (body, reason) => {
    expect(parseMetaWebhook(body, receivedAt)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('reports objects it does not know and entries that are none', () => {
    expect(read({ object: 'permissions', entry: [{ id: '1' }, 7] }).ignored).toEqual([
      { part: 'entry[0]', reason: 'object is "permissions"; known: whatsapp_business_account, page, instagram', fromCustomer: false },
      { part: 'entry[1]', reason: 'it is 7; expected an entry with an id', fromCustomer: true },
    ]);
  });

  it('never throws, whatever is inside', () => {
    const inner = fc.oneof(
      fc.jsonValue(),
      fc.record({
        field: fc.constant('messages'),
        value: fc.record({
          metadata: fc.constant({ phone_number_id: '1' }),
          messages: fc.array(
            fc.record({
              id: fc.string(),
              from: fc.string(),
              timestamp: fc.constant(seconds),
              type: fc.constantFrom('text', 'image', 'constructor', '__proto__'),
              text: fc.jsonValue(),
            }),
          ),
        }),
      }),
    );
    const webhook = fc.record({
      object: fc.constantFrom('whatsapp_business_account', 'page', 'instagram', 'x'),
      entry: fc.array(
        fc.record({
          id: fc.constantFrom('1', 2),
          changes: fc.array(inner),
          messaging: fc.array(fc.record({ sender: fc.constant({ id: '1' }), timestamp: fc.double(), message: fc.jsonValue() })),
        }),
      ),
    });
    const body = fc.oneof(
      fc.uint8Array(),
      webhook.map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(body, (bytes) => expect(typeof parseMetaWebhook(bytes, receivedAt).ok).toBe('boolean')),
      { numRuns: 300 },
    );
  });
});
