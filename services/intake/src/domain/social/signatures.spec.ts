import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { answerMetaHandshake, answerXChallenge, verifyMeta, verifySlack, verifyTelegram, verifyX } from './signatures.js';

const body = Buffer.from('test');
const at = (secondsLater: number) => new Date((1531420618 + secondsLater) * 1_000);
const sign = (text: string) => `sha256=${createHmac('sha256', 'consumer').update(text).digest('base64')}`;

describe('verifyMeta', () => {
  // The published example of the algorithm: HMAC-SHA256("secret", "test").
  const header = 'sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914';

  it('accepts the published example', () => {
    expect(verifyMeta(body, header, ['secret'])).toEqual({ ok: true });
  });

  it('accepts the old and the new secret during a rotation', () => {
    expect(verifyMeta(body, header, ['new', 'secret'])).toEqual({ ok: true });
    expect(verifyMeta(body, header, ['new'])).toEqual({ ok: false, reason: 'X-Hub-Signature-256 does not match' });
  });

  it.each([undefined, '', header.slice(7), 'sha1=0329', 'sha256=', 'sha256=é'.repeat(9), header.slice(0, -1), `${header}0`])(
    'refuses %p',
    (wrong) => {
      expect(verifyMeta(body, wrong, ['secret']).ok).toBe(false);
    },
  );

  it('refuses everything without a configured secret', () => {
    expect(verifyMeta(body, `sha256=${createHmac('sha256', '').update(body).digest('hex')}`, [''])).toEqual({
      ok: false,
      reason: 'no secret is configured to check X-Hub-Signature-256',
    });
  });

  it('refuses any changed body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (other) => {
        expect(verifyMeta(other, header, ['secret']).ok).toBe(Buffer.compare(other, body) === 0);
      }),
    );
  });
});

describe('answerMetaHandshake', () => {
  const query = { 'hub.mode': 'subscribe', 'hub.verify_token': 'meatyhamhock', 'hub.challenge': '1158201444' };

  it('gives the challenge back to who knows the token', () => {
    expect(answerMetaHandshake(query, ['meatyhamhock'])).toEqual({ ok: true, challenge: '1158201444' });
  });

  it.each([
    { ...query, 'hub.verify_token': 'guess' },
    { ...query, 'hub.verify_token': ['meatyhamhock'] },
    { ...query, 'hub.mode': 'unsubscribe' },
    { ...query, 'hub.challenge': undefined },
    {},
  ])('refuses %j', (wrong) => {
    expect(answerMetaHandshake(wrong, ['meatyhamhock']).ok).toBe(false);
  });

  it('has no default token', () => {
    expect(answerMetaHandshake({ ...query, 'hub.verify_token': '' }, ['']).ok).toBe(false);
  });
});

describe('verifySlack', () => {
  // The example of Slack's documentation, "Verifying requests from Slack".
  const slackBody = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA' +
      '&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554' +
      '%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  );
  const headers = {
    signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    timestamp: '1531420618',
  };
  const secrets = ['8f742231b10e8888abcd99yyyzzz85a5'];

  it('accepts the documented example', () => {
    expect(verifySlack(slackBody, headers, secrets, at(0))).toEqual({ ok: true });
  });

  it('accepts it for five minutes, and not a second longer', () => {
    expect(verifySlack(slackBody, headers, secrets, at(300)).ok).toBe(true);
    expect(verifySlack(slackBody, headers, secrets, at(301))).toEqual({
      ok: false,
      reason: 'X-Slack-Request-Timestamp is 301 s old; at most 300 s are allowed',
    });
    expect(verifySlack(slackBody, headers, secrets, at(-301)).ok).toBe(false);
  });

  it.each([undefined, '', 'now', '1e9', '-1531420618'])('refuses the timestamp %p', (timestamp) => {
    expect(verifySlack(slackBody, { ...headers, timestamp }, secrets, at(0)).ok).toBe(false);
  });

  it('refuses another timestamp under the same signature', () => {
    expect(verifySlack(slackBody, { ...headers, timestamp: '1531420619' }, secrets, at(0)).ok).toBe(false);
  });
});

describe('X', () => {
  it('checks the signature over the raw body', () => {
    expect(verifyX(body, sign('test'), ['old', 'consumer']).ok).toBe(true);
    expect(verifyX(body, sign('test '), ['consumer']).ok).toBe(false);
  });

  it('answers the challenge', () => {
    expect(answerXChallenge('9b4507b3', 'consumer')).toEqual({ response_token: sign('9b4507b3') });
  });
});

describe('verifyTelegram', () => {
  it('accepts exactly the tokens given to setWebhook', () => {
    expect(verifyTelegram('Tok_en-1', ['other', 'Tok_en-1']).ok).toBe(true);
    expect(verifyTelegram('tok_en-1', ['Tok_en-1']).ok).toBe(false);
    expect(verifyTelegram('', ['']).ok).toBe(false);
    expect(verifyTelegram(undefined, ['Tok_en-1']).ok).toBe(false);
  });
});
