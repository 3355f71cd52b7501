import { createHmac, timingSafeEqual } from 'node:crypto';

const ID = /^[A-Za-z0-9_-]{1,80}$/;
const TOKEN_LENGTH_MAX = 200;
/** Base64url letters, 162 bits. */
const SIGNATURE_LENGTH = 27;

/** `ticketId.signature`, signed with the newest secret. Its purpose is signed too: a reply token of the same secret rates nothing. Throws on an id that could not be read back. */
export function signRatingToken(ticketId: string, secrets: readonly string[]): string {
  if (!ID.test(ticketId)) throw new Error(`id '${ticketId}' cannot stand in a rating token; allowed: 1 to 80 of A-Z a-z 0-9 _ -`);
  return `${ticketId}.${signature(ticketId, secrets[0]!)}`;
}

/** The ticket a genuine token is about, or undefined. Every secret still valid is tried. */
export function verifyRatingToken(token: string, secrets: readonly string[]): string | undefined {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  const [ticketId = '', given = '', ...rest] = token.split('.');
  if (rest.length > 0 || !ID.test(ticketId)) return undefined;
  const bytes = Buffer.from(given);
  const genuine = secrets.some((secret) => {
    const expected = Buffer.from(signature(ticketId, secret));
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  return genuine ? ticketId : undefined;
}

const signature = (ticketId: string, secret: string): string =>
  createHmac('sha256', secret).update(`rating ${ticketId}`).digest('base64url').slice(0, SIGNATURE_LENGTH);
