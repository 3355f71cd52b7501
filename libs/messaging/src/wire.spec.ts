import {
  ConsoleTopic,
  CustomersTopic,
  InboundTopic,
  PresenceReported,
  SlaBreachWithdrawn,
  TicketSubmitted,
  type Topic,
} from '@signalbox/contracts';
import fc from 'fast-check';
import { Unprocessable } from './unprocessable.js';
import { completeEvent, nextTraceparent, readEvent, writeEvent, type RawRecord } from './wire.js';

const record = (value: string | Buffer | null, headers: Record<string, string> = {}, topic: Topic = InboundTopic): RawRecord => ({
  topic: topic.name,
  partition: 0,
  offset: 41n,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers,
});
const submitted = { customer: { email: 'ida@example.com' }, subject: 'Parcel', body: 'Where is it?' };
const reported = PresenceReported('agent-1', {
  presence: 'online',
  leaseUntil: '2026-11-24T09:01:00Z',
  reportedAt: '2026-11-24T09:00:00Z',
});

describe('the wire', () => {
  it('reads what it wrote', () => {
    const outgoing = writeEvent({ ...reported, cause: { id: 'c', correlationId: 'k' } }, 'console', new Date('2026-11-24T09:00:00Z'));
    const value = completeEvent({ ...outgoing, version: 7, eventId: outgoing.id });
    expect(readEvent(record(value, {}, ConsoleTopic), ConsoleTopic)).toMatchObject({
      type: 'PresenceReported',
      agentId: 'agent-1',
      version: 7,
      id: 'signalbox.console/agent-1/7',
      causationId: 'c',
      correlationId: 'k',
      data: reported.data,
    });
  });

  it('accepts a CloudEvent in structured and in binary mode', () => {
    const structured = record(JSON.stringify({ specversion: '1.0', id: '1', source: '/shop', type: 'TicketSubmitted', data: submitted }), {
      'content-type': 'application/cloudevents+json',
    });
    const binary = record(JSON.stringify(submitted), {
      ce_specversion: '1.0',
      ce_id: '1',
      ce_source: '/shop',
      ce_type: 'TicketSubmitted',
      'content-type': 'application/json',
    });
    for (const one of [structured, binary])
      expect(readEvent(one, InboundTopic)).toMatchObject({ type: 'TicketSubmitted', id: '1', version: 42, data: submitted });
  });

  it.each<[string, string | Buffer | null, RegExp]>([
    ['an array', '[]', /not a JSON object/],
    ['a missing attribute', '{"specversion":"1.0","id":"1"}', /'type' is missing/],
    [
      'an unknown type',
      JSON.stringify({ specversion: '1.0', id: '1', type: 'TicketExploded', data: {} }),
      /'TicketExploded' is unknown on topic 'signalbox.inbound'/,
    ],
    [
      "another topic's type",
      JSON.stringify({ specversion: '1.0', id: '1', type: 'TicketAssigned', data: {} }),
      /'TicketAssigned' is unknown on topic/,
    ],
    [
      'a missing field',
      JSON.stringify({ specversion: '1.0', id: '1', type: 'TicketSubmitted', data: { ...submitted, customer: {} } }),
      /data\.customer\.email/,
    ],
    [
      'a NUL character',
      JSON.stringify({ specversion: '1.0', id: '1', type: 'TicketSubmitted', data: { ...submitted, body: 'a\u0000b' } }),
      /NUL/,
    ],
    [
      'a wrong time',
      JSON.stringify({ specversion: '1.0', id: '1', time: 'yesterday', type: 'TicketSubmitted', data: submitted }),
      /'yesterday' is not an ISO 8601 instant/,
    ],
  ])('refuses %s with a clear reason', (_, value, reason) => {
    expect(() => readEvent(record(value), InboundTopic)).toThrow(reason);
  });

  it('meets any bytes with an event or with Unprocessable', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.dictionary(fc.constantFrom('ce_specversion', 'ce_type', 'ce_id', 'content-type'), fc.string()),
        (bytes, headers) => {
          try {
            readEvent(record(Buffer.from(bytes), headers), CustomersTopic);
          } catch (error) {
            expect(error).toBeInstanceOf(Unprocessable);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not let a service write on a topic that is not its own', () => {
    expect(() => writeEvent(reported, 'routing', new Date())).toThrow(
      /'routing' may not publish PresenceReported: the writer of 'signalbox.console' is 'console'/,
    );
    expect(() =>
      writeEvent(SlaBreachWithdrawn('t', { target: 'never' as 'resolution', instance: 0, withdrawnAt: 'x' }), 'sla-escalation', new Date()),
    ).toThrow(/breaks its contract/);
  });

  it('refuses an event that is larger than a record may be', () => {
    const large = { ...submitted, fields: Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f${index}`, 'x'.repeat(490)])) };
    expect(() => writeEvent(TicketSubmitted('k', large), 'upstream', new Date())).toThrow(/at most 900000 are allowed/);
  });

  it('continues a trace and starts one where none came in', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(nextTraceparent(parent)).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
    expect(nextTraceparent('nonsense')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
