import * as fc from 'fast-check';
import { buildMetaSend, buildTelegramSend, readMetaAnswer, readTelegramAnswer } from './social-sends.js';

describe('buildMetaSend', () => {
  it('writes to WhatsApp as the Cloud API documents it', () => {
    expect(buildMetaSend({ channelAccount: 'whatsapp:106540352242922', to: '16505551234', text: 'On its way.' }, 'token')).toEqual([
      {
        method: 'POST',
        path: '/106540352242922/messages',
        headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
        body: {
          messaging_product: 'whatsapp',
          recipient_type: 'individual',
          to: '16505551234',
          type: 'text',
          text: { preview_url: false, body: 'On its way.' },
        },
      },
    ]);
  });

  it.each(['messenger', 'instagram'])('writes to %s as the Send API documents it', (platform) => {
    expect(buildMetaSend({ channelAccount: `${platform}:13579`, to: '24680', text: 'Hi' }, 'token')).toMatchObject([
      { method: 'POST', path: '/me/messages', body: { recipient: { id: '24680' }, messaging_type: 'RESPONSE', message: { text: 'Hi' } } },
    ]);
  });

  it('refuses an account of another platform', () => {
    expect(() => buildMetaSend({ channelAccount: 'telegram:helpbot', to: '1', text: 'x' }, 'token')).toThrow(
      "channel account 'telegram:helpbot' cannot be sent to here; allowed: whatsapp:<id>, messenger:<id>, instagram:<id>",
    );
  });

  it('loses no word of a long text and stays within the limit', () => {
    const words = fc.array(fc.oneof(fc.stringMatching(/^\S{1,30}$/), fc.constantFrom('\n', '\n\n', '😀'.repeat(700))), { maxLength: 300 });
    fc.assert(
      fc.property(words, (parts) => {
        const texts = buildMetaSend({ channelAccount: 'instagram:1', to: '2', text: parts.join(' ') }, 't').map(
          ({ body }) => (body['message'] as { text: string }).text,
        );
        for (const text of texts) expect(text.length <= 1_000 && text.isWellFormed() && text.trim() !== '').toBe(true);
        expect(texts.join('').replace(/\s/g, '')).toBe(parts.join('').replace(/\s/g, ''));
      }),
    );
  });

  it('cuts at the end of a paragraph', () => {
    const text = `${'a'.repeat(700)}\n\n${'b'.repeat(700)}`;
    expect(buildMetaSend({ channelAccount: 'instagram:1', to: '2', text }, 't').map(({ body }) => body['message'])).toEqual([
      { text: 'a'.repeat(700) },
      { text: 'b'.repeat(700) },
    ]);
  });
});

it('writes to Telegram as the Bot API documents it', () => {
  expect(buildTelegramSend({ channelAccount: 'telegram:helpbot', to: '-1001234', text: '*Hi*' }, '123:abc')).toEqual([
    {
      method: 'POST',
      path: '/bot123:abc/sendMessage',
      headers: { 'content-type': 'application/json' },
      body: { chat_id: -1001234, text: '*Hi*', link_preview_options: { is_disabled: true } },
    },
  ]);
});

describe('readMetaAnswer', () => {
  it('finds the id of the message', () => {
    expect(readMetaAnswer(200, { messaging_product: 'whatsapp', contacts: [], messages: [{ id: 'wamid.1' }] })).toEqual({
      kind: 'sent',
      providerMessageId: 'wamid.1',
    });
    expect(readMetaAnswer(200, { recipient_id: '24680', message_id: 'm_1' })).toEqual({ kind: 'sent', providerMessageId: 'm_1' });
  });

  it.each([
    [400, { error: { message: '(#100) Invalid parameter', code: 100 } }, false],
    [400, { error: { message: 'Rate limit hit', code: 130429 } }, true],
    [401, { error: { message: 'Invalid OAuth access token', code: 190 } }, false],
    [429, {}, true],
    [503, 'upstream away', true],
    [200, {}, false],
  ])('knows whether trying again helps (%i %j)', (status, body, retryable) => {
    expect(readMetaAnswer(status, body)).toMatchObject({ kind: 'failed', retryable, reason: expect.stringContaining(`HTTP ${status}`) });
  });
});

describe('readTelegramAnswer', () => {
  it('finds the id of the message', () => {
    expect(readTelegramAnswer(200, { ok: true, result: { message_id: 1366 } })).toEqual({ kind: 'sent', providerMessageId: '1366' });
  });

  it('waits as long as Telegram asks, and gives up on who blocked us', () => {
    expect(
      readTelegramAnswer(429, { ok: false, error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 5 } }),
    ).toMatchObject({ retryable: true, retryAfterMs: 5_000 });
    expect(readTelegramAnswer(403, { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' })).toEqual({
      kind: 'failed',
      reason: 'HTTP 403, code 403: Forbidden: bot was blocked by the user',
      retryable: false,
    });
  });
});
