import { parseMetaWebhook } from './meta.js';
import type { SocialWebhook } from './social-message.js';

const receivedAt = new Date('2025-03-03T16:18:00Z');
const sentAt = new Date('2025-03-03T16:17:58Z');
const seconds = String(sentAt.getTime() / 1_000);

function read(value: unknown): SocialWebhook {
  const parsed = parseMetaWebhook(Buffer.from(JSON.stringify(value)), receivedAt);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

const whatsApp = (value: object, field = 'messages') => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '15550783881', phone_number_id: '106540352242922' },
            contacts: [{ profile: { name: 'Ann Example' }, wa_id: '16505551234' }],
            ...value,
          },
          field,
        },
      ],
    },
  ],
});
const message = (type: string, content: object, id = 'wamid.1') => ({ from: '16505551234', id, timestamp: seconds, type, ...content });
const textOf = (type: string, content: object) => read(whatsApp({ messages: [message(type, content)] })).messages[0]?.text;
const status = (state: string, more: object = {}) => ({
  id: 'wamid.out',
  status: state,
  timestamp: seconds,
  recipient_id: '16505551234',
  ...more,
});
const sentAtFor = (timestamp: string) =>
  read(whatsApp({ messages: [{ ...message('text', { text: { body: 'x' } }), timestamp }] })).messages[0]?.sentAt;

describe('a WhatsApp webhook', () => {
  it('gives every message with its sender and conversation', () => {
    const { messages, ignored } = read(
      whatsApp({
        messages: [message('text', { text: { body: 'Where is my order?' } }), message('text', { text: { body: 'Hello?' } }, 'wamid.2')],
      }),
    );
    expect(ignored).toEqual([]);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toEqual({
      channel: 'social',
      platform: 'whatsapp',
      channelAccount: 'whatsapp:106540352242922',
      providerMessageId: 'wamid.1',
      from: { id: '16505551234', name: 'Ann Example' },
      replyAddress: '16505551234',
      text: 'Where is my order?',
      attachments: [],
      sentAt,
      conversationKey: 'whatsapp:106540352242922/16505551234',
    });
  });

  it('takes a document with its caption by reference', () => {
    const document = {
      caption: 'the invoice',
      filename: 'a/invoice.pdf',
      mime_type: 'application/pdf',
      sha256: 'x',
      id: '1003383421387256',
    };
    expect(read(whatsApp({ messages: [message('document', { document })] })).messages[0]).toMatchObject({
      text: 'the invoice',
      attachments: [{ kind: 'document', reference: '1003383421387256', contentType: 'application/pdf', filename: 'a_invoice.pdf' }],
    });
  });

  it('puts taps, places, contacts and orders into words', () => {
    expect(textOf('button', { button: { payload: 'p', text: 'Yes' } })).toBe('Yes');
    expect(textOf('interactive', { interactive: { type: 'button_reply', button_reply: { id: 'b', title: 'Talk to a person' } } })).toBe(
      'Talk to a person',
    );
    expect(
      textOf('interactive', { interactive: { type: 'list_reply', list_reply: { id: 'b', title: 'Returns', description: 'd' } } }),
    ).toBe('Returns');
    expect(textOf('location', { location: { latitude: 52.5, longitude: 13.4, name: 'Depot' } })).toBe('Location: 52.5, 13.4 Depot');
    expect(textOf('contacts', { contacts: [{ name: { formatted_name: 'Bob' }, phones: [{ phone: '+1555' }] }] })).toBe(
      'Contact: Bob +1555',
    );
    expect(
      textOf('order', { order: { catalog_id: 'c', text: 'please', product_items: [{ product_retailer_id: 'p1', quantity: 2 }] } }),
    ).toBe('please\nOrder: 2 × p1');
  });

  it('gives what became of our messages, with the reason of a failure', () => {
    const errors = [{ code: 131047, title: 'Re-engagement message', error_data: { details: 'More than 24 hours have passed' } }];
    const { statuses } = read(whatsApp({ statuses: [status('sent'), status('delivered'), status('read'), status('failed', { errors })] }));
    expect(statuses.map(({ status: state }) => state)).toEqual(['sent', 'delivered', 'read', 'failed']);
    expect(statuses[3]).toEqual({
      platform: 'whatsapp',
      channelAccount: 'whatsapp:106540352242922',
      providerMessageId: 'wamid.out',
      status: 'failed',
      at: sentAt,
      reason: '131047 More than 24 hours have passed',
    });
  });

  it("reports a message it cannot read as a customer's, and a mere reaction not", () => {
    const unsupported = message('unsupported', { errors: [{ code: 131051, title: 'Message type unknown' }] });
    const reaction = message('reaction', { reaction: { message_id: 'wamid.0', emoji: '👍' } });
    const { ignored, messages } = read(
      whatsApp({ messages: [unsupported, reaction, message('text', {}), message('text', { text: { body: 'still read' } })] }),
    );
    expect(messages.map(({ text }) => text)).toEqual(['still read']);
    expect(ignored.map(({ part, fromCustomer }) => [part.split('.').at(-1), fromCustomer])).toEqual([
      ['messages[0]', true],
      ['messages[1]', false],
      ['messages[2]', true],
    ]);
    expect(ignored[0]?.reason).toContain('type is "unsupported"; known: text, ');
  });

  it('ignores other fields of the account', () => {
    expect(read(whatsApp({}, 'account_update'))).toMatchObject({
      messages: [],
      ignored: [{ reason: 'field is "account_update"; known: messages', fromCustomer: false }],
    });
  });

  it('does not believe a time in the future or in the wrong unit', () => {
    expect([sentAtFor('99999999999'), sentAtFor('12')]).toEqual([receivedAt, receivedAt]);
  });
});
