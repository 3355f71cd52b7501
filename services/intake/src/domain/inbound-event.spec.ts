import fc from 'fast-check';
import { parseInboundCloudEvent } from './inbound-event.js';

const data = { customer: { email: 'ann@example.com' }, subject: 'Order 1042', body: 'Where is it?', externalId: 'shop-1' };
const envelope = { specversion: '1.0', id: 'e1', source: '/shop', type: 'TicketSubmitted', time: '2025-03-03T16:18:00Z', data };
const structured = { 'content-type': Buffer.from('application/cloudevents+json; charset=UTF-8') };
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const reasonOf = (headers: Parameters<typeof parseInboundCloudEvent>[0], value: Uint8Array | null): string => {
  const parsed = parseInboundCloudEvent(headers, value);
  return parsed.ok ? 'accepted' : parsed.reason;
};

describe('parseInboundCloudEvent', () => {
  const expected = { ok: true, value: { id: 'e1', source: '/shop', type: 'TicketSubmitted', time: '2025-03-03T16:18:00Z', data } };

  it('reads structured mode', () => {
    expect(parseInboundCloudEvent(structured, json(envelope))).toEqual(expected);
  });

  it('reads structured mode from a producer that sends no headers, and ignores repeated ones', () => {
    expect(parseInboundCloudEvent({}, json(envelope))).toEqual(expected);
    expect(parseInboundCloudEvent({ ...structured, ce_type: 'TicketSubmitted', ce_specversion: '1.0' }, json(envelope))).toEqual(expected);
  });

  it('reads data_base64', () => {
    const { data: _inline, ...rest } = envelope;
    expect(parseInboundCloudEvent(structured, json({ ...rest, data_base64: json(data).toString('base64') }))).toEqual(expected);
  });

  it('reads binary mode', () => {
    const headers = {
      ce_specversion: Buffer.from('1.0'), ce_id: ['e1'], ce_source: '/shop', ce_type: 'TicketSubmitted', ce_time: '2025-03-03T16:18:00Z', 'Content-Type': 'application/json',
    }; // prettier-ignore
    expect(parseInboundCloudEvent(headers, json(data))).toEqual(expected);
  });

  it('reads a further message', () => {
    const message = { externalId: 'shop-1', customer: data.customer, body: 'Any news?' };
    expect(parseInboundCloudEvent(structured, json({ ...envelope, type: 'MessageSubmitted', data: message }))).toMatchObject({
      ok: true,
      value: { type: 'MessageSubmitted', data: message },
    });
  });

  it.each([
    ['a tombstone', {}, null, 'the record has no value (a tombstone); expected a CloudEvent'],
    ['invalid UTF-8', {}, Buffer.from([0x7b, 0xff]), 'the record value is not valid UTF-8 (2 bytes); expected JSON in UTF-8'],
    ['invalid JSON', {}, Buffer.from('{oops'), 'the record value is not valid JSON: "{oops"'],
    ['another shape', {}, json([1]), 'CloudEvent: it is [1]: '],
    ['an unknown type', structured, json({ ...envelope, type: 'TicketExploded' }), `type is "TicketExploded"; allowed on signalbox.inbound: 'TicketSubmitted', 'MessageSubmitted'`],
    ['a future version', structured, json({ ...envelope, specversion: '2.0' }), 'CloudEvent: specversion is "2.0": '],
    ['a missing attribute', structured, json({ ...envelope, source: undefined }), 'CloudEvent: source is undefined: '],
    ['a wrong time', structured, json({ ...envelope, time: 'noon' }), 'CloudEvent: time is "noon": '],
    ['a missing field', structured, json({ ...envelope, data: { ...data, subject: undefined } }), 'data of TicketSubmitted: subject is undefined: '],
    ['a wrong field', structured, json({ ...envelope, data: { ...data, customer: { email: 'x' } } }), 'data of TicketSubmitted: customer.email is "x": '],
    ['no data', structured, json({ ...envelope, data: undefined }), 'data of TicketSubmitted: it is undefined: '],
    ['NUL', structured, json({ ...envelope, data: { ...data, body: 'a\u0000' } }), 'data of TicketSubmitted has a NUL character'],
    ['half a pair', structured, Buffer.from(JSON.stringify({ ...envelope, data: { ...data, fields: { a: 'b' } } }).replace('"b"', '"\\ud800"')), 'data of TicketSubmitted has a NUL'],
    ['a batch', { 'content-type': 'application/cloudevents-batch+json' }, json([envelope]), `content-type is "application/cloudevents-batch+json"; allowed: `],
    ['XML data', structured, json({ ...envelope, datacontenttype: 'text/xml' }), `the content type of the data is "text/xml"; allowed: 'application/json'`],
  ])('refuses %s and says why', (_what, headers, value, reason) => {
    expect(reasonOf(headers, value)).toContain(reason);
  });

  it('never throws, whatever the bytes and headers', () => {
    const header = fc.dictionary(fc.constantFrom('ce_specversion', 'ce_type', 'ce_id', 'content-type', 'x'), fc.oneof(fc.string(), fc.uint8Array().map((array) => Buffer.from(array)), fc.constant('1.0')));
    const value = fc.oneof(fc.uint8Array(), fc.json().map((text) => Buffer.from(text)), fc.jsonValue().map((other) => json({ ...envelope, data: other })));
    fc.assert(fc.property(header, value, (headers, bytes) => expect(typeof parseInboundCloudEvent(headers, bytes).ok).toBe('boolean')));
  });
});
