import * as fc from 'fast-check';
import { FRAME_BYTES_MAX, parseClientFrame, ServerFrame } from './chat-frames.js';

const frame = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('parseClientFrame', () => {
  it('takes a greeting, new or resumed', () => {
    expect(parseClientFrame(frame({ type: 'hello' }))).toEqual({ ok: true, value: { type: 'hello' } });
    const resumed = { type: 'hello', resumeToken: 'r1', name: 'Ann', email: 'ann@example.com', language: 'de', lastMessageId: 'm1' };
    expect(parseClientFrame(frame(resumed))).toEqual({ ok: true, value: resumed });
  });

  it('takes a message and cleans it', () => {
    expect(parseClientFrame(frame({ type: 'message', clientMessageId: 'c1', text: 'Hi\u0000\r\nthere' }))).toEqual({
      ok: true,
      value: { type: 'message', clientMessageId: 'c1', text: 'Hi\nthere' },
    });
  });

  it.each([
    [frame({ type: 'shout' }), `the frame's type is "shout"; allowed: 'hello', 'message'`],
    [frame(null), "the frame's type is undefined; allowed: 'hello', 'message'"],
    [frame({ type: 'message', text: 'x' }), 'message: clientMessageId: '],
    [frame({ type: 'message', clientMessageId: 'c1', text: ' \u0000' }), 'message: text: must not be empty'],
    [frame({ type: 'message', clientMessageId: 'c1', text: 'x'.repeat(20_001) }), 'message: text: '],
    [frame({ type: 'hello', email: 'x' }), 'hello: email: '],
    [Buffer.from('hello'), 'the frame is not valid JSON: "hello"'],
    [Buffer.from([0xff]), 'the frame is not valid UTF-8'],
    [Buffer.alloc(FRAME_BYTES_MAX + 1), `the frame has ${FRAME_BYTES_MAX + 1} bytes; at most ${FRAME_BYTES_MAX} are allowed`],
  ])('refuses a wrong frame and says why (%#)', (bytes, reason) => {
    expect(parseClientFrame(bytes)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('never throws, whatever the bytes', () => {
    const value = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(fc.property(value, (bytes) => expect(typeof parseClientFrame(bytes).ok).toBe('boolean')));
  });
});

it('declares what the server says', () => {
  const frames = [
    { type: 'welcome', resumeToken: 'r1' },
    { type: 'accepted', clientMessageId: 'c1', messageId: 'm1', ticketId: 't1' },
    { type: 'message', messageId: 'm2', from: 'agent', text: 'Hello', at: '2025-03-03T16:18:00Z' },
    { type: 'error', reason: 'too fast' },
  ];
  for (const said of frames) expect(ServerFrame.parse(said)).toEqual(said);
  expect(ServerFrame.safeParse({ type: 'accepted', clientMessageId: 'c1' }).success).toBe(false);
});
