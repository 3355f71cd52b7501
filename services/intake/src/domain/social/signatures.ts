import { createHmac, timingSafeEqual } from 'node:crypto';

/** Secrets that are valid now: during a rotation the old and the new one. */
export type Secrets = readonly string[];
export type Verified = { ok: true } | { ok: false; reason: string };

/** Slack's documentation: refuse what is older than five minutes, so that a recorded request cannot be replayed. */
const SLACK_AGE_MAX_MS = 5 * 60_000;

/** Meta (Messenger, Instagram, WhatsApp Cloud): `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256(app secret, raw body). */
export function verifyMeta(rawBody: Uint8Array, header: string | undefined, appSecrets: Secrets): Verified {
  return verifyHmac('X-Hub-Signature-256', header, 'sha256=', appSecrets, (secret) => hmac(secret, rawBody).toString('hex'));
}

/** X: `x-twitter-webhooks-signature: sha256=<base64>`, HMAC-SHA256(consumer secret, raw body). */
export function verifyX(rawBody: Uint8Array, header: string | undefined, consumerSecrets: Secrets): Verified {
  return verifyHmac('x-twitter-webhooks-signature', header, 'sha256=', consumerSecrets, (secret) =>
    hmac(secret, rawBody).toString('base64'),
  );
}

/** Slack: `X-Slack-Signature: v0=<hex>`, HMAC-SHA256(signing secret, `v0:{timestamp}:{raw body}`); the timestamp within 5 minutes of `now`. */
export function verifySlack(
  rawBody: Uint8Array,
  headers: { signature: string | undefined; timestamp: string | undefined },
  signingSecrets: Secrets,
  now: Date,
): Verified {
  const timestamp = headers.timestamp ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: 'X-Slack-Request-Timestamp is missing or not in Unix seconds' };
  const ageMs = now.getTime() - Number(timestamp) * 1_000;
  if (Math.abs(ageMs) > SLACK_AGE_MAX_MS) {
    return { ok: false, reason: `X-Slack-Request-Timestamp is ${Math.round(ageMs / 1_000)} s old; at most 300 s are allowed` };
  }
  const signed = Buffer.concat([Buffer.from(`v0:${timestamp}:`), rawBody]);
  return verifyHmac('X-Slack-Signature', headers.signature, 'v0=', signingSecrets, (secret) => hmac(secret, signed).toString('hex'));
}

/** Telegram: the token given to setWebhook comes back as it is; nothing signs the body, so the address must be HTTPS. */
export function verifyTelegram(header: string | undefined, secretTokens: Secrets): Verified {
  return verifyHmac('X-Telegram-Bot-Api-Secret-Token', header, '', secretTokens, (token) => token);
}

/** Meta's GET handshake is unsigned: the answer is `hub.challenge` as text/plain (it is a stranger's text, never as HTML). */
export function answerMetaHandshake(
  query: Readonly<Record<string, unknown>>,
  verifyTokens: Secrets,
): { ok: true; challenge: string } | { ok: false; reason: string } {
  const { 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': challenge } = query;
  if (mode !== 'subscribe') return { ok: false, reason: "hub.mode must be 'subscribe'" };
  if (typeof challenge !== 'string' || challenge.length === 0 || challenge.length > 500) {
    return { ok: false, reason: 'hub.challenge must be text of 1 to 500 characters' };
  }
  const verified = verifyHmac('hub.verify_token', typeof token === 'string' ? token : undefined, '', verifyTokens, (expected) => expected);
  return verified.ok ? { ok: true, challenge } : verified;
}

/** X asks again and again whether we still know the secret: this is the JSON to answer within 3 s. */
export function answerXChallenge(crcToken: string, consumerSecret: string): { response_token: string } {
  return { response_token: `sha256=${hmac(consumerSecret, Buffer.from(crcToken)).toString('base64')}` };
}

const hmac = (secret: string, bytes: Uint8Array): Buffer => createHmac('sha256', secret).update(bytes).digest();

function verifyHmac(
  name: string,
  header: string | undefined,
  prefix: string,
  secrets: Secrets,
  expectedOf: (secret: string) => string,
): Verified {
  // An empty secret would let everybody in: it is a missing configuration, not a secret.
  const active = secrets.filter((secret) => secret.length > 0);
  if (active.length === 0) return { ok: false, reason: `no secret is configured to check ${name}` };
  if (!header) return { ok: false, reason: `${name} is missing` };
  if (!header.startsWith(prefix)) return { ok: false, reason: `${name} must start with '${prefix}'` };
  const given = Buffer.from(header.slice(prefix.length));
  const matches = active.some((secret) => {
    const expected = Buffer.from(expectedOf(secret));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches ? { ok: true } : { ok: false, reason: `${name} does not match` };
}
