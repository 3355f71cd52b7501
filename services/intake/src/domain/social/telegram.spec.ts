import * as fc from 'fast-check';
import type { SocialWebhook } from './social-message.js';
import { parseTelegramUpdate } from './telegram.js';

const receivedAt = new Date('2025-03-03T16:18:00Z');
const date = receivedAt.getTime() / 1_000 - 2;
const from = { id: 1111, is_bot: false, first_name: 'Ann', last_name: 'Example', username: 'ann', language_code: 'de' };
const chat = { id: 1111, first_name: 'Ann', type: 'private' };
const message = (content: object) => ({ update_id: 10000, message: { message_id: 1365, date, from, chat, ...content } });

function read(value: unknown): SocialWebhook {
  const parsed = parseTelegramUpdate(Buffer.from(JSON.stringify(value)), 'helpbot', receivedAt);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

describe('parseTelegramUpdate', () => {
  it('reads a message', () => {
    expect(read(message({ text: 'Where is my order?' }))).toEqual({
      messages: [
        {
          channel: 'social',
          platform: 'telegram',
          channelAccount: 'telegram:helpbot',
          providerMessageId: '10000',
          from: { id: '1111', name: 'Ann Example' },
          replyAddress: '1111',
          text: 'Where is my order?',
          attachments: [],
          sentAt: new Date(date * 1_000),
          conversationKey: 'telegram:helpbot/1111',
        },
      ],
      statuses: [],
      ignored: [],
    });
  });

  it('reads an edited message as such', () => {
    const { message: edited_message } = message({ text: 'Order 1042', edit_date: date + 1 });
    expect(read({ update_id: 10001, edited_message }).messages[0]).toMatchObject({
      providerMessageId: '10001',
      text: 'Order 1042',
      edited: true,
    });
  });

  it('takes the largest photo with its caption', () => {
    const photo = [
      { file_id: 'small', file_unique_id: 's', width: 90, height: 90, file_size: 1_000 },
      { file_id: 'large', file_unique_id: 'l', width: 900, height: 900, file_size: 90_000 },
    ];
    expect(read(message({ photo, caption: 'It is broken' })).messages[0]).toMatchObject({
      text: 'It is broken',
      attachments: [{ kind: 'image', reference: 'large', sizeBytes: 90_000 }],
    });
  });

  it('takes documents, voices and stickers', () => {
    const file = { file_id: 'f', file_unique_id: 'u', file_name: 'a.pdf', mime_type: 'application/pdf' };
    expect(read(message({ document: file })).messages[0]?.attachments).toEqual([
      { kind: 'document', reference: 'f', contentType: 'application/pdf', filename: 'a.pdf' },
    ]);
    expect(read(message({ voice: { file_id: 'v', duration: 3, mime_type: 'audio/ogg' } })).messages[0]?.attachments).toEqual([
      { kind: 'audio', reference: 'v', contentType: 'audio/ogg' },
    ]);
    expect(read(message({ sticker: { file_id: 's', emoji: '🙂' } })).messages[0]).toMatchObject({
      text: '🙂',
      attachments: [{ kind: 'sticker', reference: 's' }],
    });
    expect(read(message({ animation: file, document: file })).messages[0]?.attachments).toHaveLength(1);
  });

  it('puts contacts and places into words', () => {
    expect(read(message({ contact: { phone_number: '+1555', first_name: 'Bob' } })).messages[0]?.text).toBe('Contact: Bob +1555');
    expect(read(message({ location: { latitude: 52.5, longitude: 13.4 } })).messages[0]?.text).toBe('Location: 52.5, 13.4');
  });

  it('keeps the members of a group apart and answers into the group', () => {
    const group = { id: -1001234, title: 'Customers', type: 'supergroup' };
    expect(read(message({ text: 'Hi', chat: group, message_thread_id: 7 })).messages[0]).toMatchObject({
      replyAddress: '-1001234',
      conversationKey: 'telegram:helpbot/-1001234/7/1111',
    });
  });

  it.each([
    [{ update_id: 1, callback_query: { id: '1' } }, false],
    [{ update_id: 1, channel_post: { message_id: 1 } }, false],
    [message({ from: { ...from, is_bot: true }, text: 'beep' }), false],
    [message({ from: undefined, text: 'channel' }), false],
    [message({ new_chat_members: [from] }), false],
    [message({ dice: { emoji: '🎲', value: 4 } }), true],
    [message({ text: 7 }), true],
  ])('reports what it leaves out, and whether a customer said it (%#)', (update, fromCustomer) => {
    expect(read(update)).toMatchObject({ messages: [], ignored: [{ fromCustomer, reason: expect.any(String) }] });
  });

  it('refuses what is no update', () => {
    expect(parseTelegramUpdate(Buffer.from('{"ok":true}'), 'helpbot', receivedAt)).toEqual({
      ok: false,
      reason: `the update is {"ok":true}; expected an object with 'update_id'`,
    });
  });

  it('never throws, whatever is inside', () => {
    const update = fc.record({
      update_id: fc.constant(1),
      message: fc.oneof(
        fc.jsonValue(),
        fc.record({
          message_id: fc.integer(),
          date: fc.maxSafeInteger(),
          from: fc.constant(from),
          chat: fc.constant(chat),
          text: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
        }),
      ),
    });
    const body = fc.oneof(
      fc.uint8Array(),
      update.map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(body, (bytes) => {
        const parsed = parseTelegramUpdate(bytes, 'helpbot', receivedAt);
        for (const { text, sentAt } of parsed.ok ? parsed.value.messages : [])
          expect(text.isWellFormed() && !text.includes('\0') && sentAt <= receivedAt).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
