import { parseMetaWebhook } from './meta.js';
import type { SocialWebhook } from './social-message.js';

const receivedAt = new Date('2025-03-03T16:18:00Z');
const sentAt = new Date('2025-03-03T16:17:58Z');

function read(value: unknown): SocialWebhook {
  const parsed = parseMetaWebhook(Buffer.from(JSON.stringify(value)), receivedAt);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

const event = (content: object) => ({ sender: { id: '24680' }, recipient: { id: '13579' }, timestamp: sentAt.getTime(), ...content });
const page = (...events: object[]) => ({
  object: 'page',
  entry: [{ id: '13579', time: receivedAt.getTime(), messaging: events.map(event) }],
});

describe('a Messenger or Instagram webhook', () => {
  it('gives every message', () => {
    const { messages } = read(page({ message: { mid: 'm_1', text: 'Hi' } }, { message: { mid: 'm_2', text: 'There?' } }));
    expect(messages.map(({ providerMessageId }) => providerMessageId)).toEqual(['m_1', 'm_2']);
    expect(messages[0]).toMatchObject({
      platform: 'messenger',
      channelAccount: 'messenger:13579',
      from: { id: '24680' },
      text: 'Hi',
      sentAt,
      conversationKey: 'messenger:13579/24680',
    });
  });

  it('keeps the platforms apart', () => {
    const webhook = read({
      object: 'instagram',
      entry: [{ id: '13579', time: 1, messaging: [event({ message: { mid: 'aWdfZ', text: 'Hi' } })] }],
    });
    expect(webhook.messages[0]).toMatchObject({ platform: 'instagram', conversationKey: 'instagram:13579/24680' });
  });

  it('takes files by reference and puts links, places and taps into words', () => {
    const attachments = [
      { type: 'image', payload: { url: 'https://cdn.example.com/a.jpg' } },
      { type: 'image', payload: { url: 'https://cdn.example.com/s.png', sticker_id: 369 } },
      { type: 'location', payload: { coordinates: { lat: 52.5, long: 13.4 } } },
      { type: 'fallback', title: 'A page', url: 'https://example.com/page', payload: null },
      { type: 'something-new' },
    ];
    const { messages } = read(
      page({ message: { mid: 'm_1', attachments } }, { postback: { mid: 'm_2', title: 'Get started', payload: 'START' } }),
    );
    expect(messages[0]).toMatchObject({
      text: 'Location: 52.5, 13.4\nA page https://example.com/page',
      attachments: [
        { kind: 'image', reference: 'https://cdn.example.com/a.jpg' },
        { kind: 'sticker', reference: 'https://cdn.example.com/s.png' },
      ],
    });
    expect(messages[1]?.text).toBe('Get started');
  });

  it('gives deliveries of our messages', () => {
    const { statuses } = read(page({ delivery: { mids: ['m_out1', 'm_out2'], watermark: sentAt.getTime() } }));
    expect(statuses).toMatchObject([{ providerMessageId: 'm_out1', status: 'delivered', at: sentAt }, { providerMessageId: 'm_out2' }]);
  });

  it('reports what it leaves out, and whether a customer said it', () => {
    const { ignored, messages } = read(
      page(
        { message: { mid: 'm_1', is_echo: true, text: 'ours' } },
        { reaction: { mid: 'm_0', action: 'react' } },
        { message: { mid: 'm_2' } },
        { message: { text: 'no id' } },
      ),
    );
    expect(messages).toEqual([]);
    expect(ignored.map(({ part, fromCustomer }) => [part, fromCustomer])).toEqual([
      ['entry[0].messaging[0]', false],
      ['entry[0].messaging[1]', false],
      ['entry[0].messaging[2]', true],
      ['entry[0].messaging[3]', true],
    ]);
  });
});
