import { createHmac, timingSafeEqual } from 'node:crypto';

/** Secrets that are valid now, the newest first: it signs, all of them verify. */
export type ReplySecrets = readonly string[];

export interface ReplyToken {
  ticketId: string;
  /** Absent in a plus address, which must stay short. */
  messageId?: string;
}

/** 80 bits: enough against guessing over mail, short enough for an address. */
const SIGNATURE_LENGTH = 16;
/** 40 bits, because people see it; a subject token counts only together with a known participant. */
const SUBJECT_SIGNATURE_LENGTH = 8;
/** RFC 5321: servers may refuse more than 64 octets before the @. */
const LOCAL_PART_LENGTH_MAX = 64;
const ID = /^[A-Za-z0-9_-]{1,80}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `ticketId.messageId.signature` or `ticketId.signature`; UUIDs lose their dashes. Throws on an id that could not be read back. */
export function signReplyToken({ ticketId, messageId }: ReplyToken, secrets: ReplySecrets): string {
  const ids = [ticketId, ...(messageId === undefined ? [] : [messageId])];
  const odd = ids.find((id) => !ID.test(id));
  if (odd !== undefined) throw new Error(`id '${odd}' cannot stand in a reply token; allowed: 1 to 80 of A-Z a-z 0-9 _ -`);
  const body = ids.map((id) => (UUID.test(id) ? id.replaceAll('-', '') : id)).join('.');
  return `${body}.${signature(`reply ${body}`, newestOf(secrets), SIGNATURE_LENGTH)}`;
}

/** What a genuine token says, or undefined. Letter case is forgiven where a server folded the address. */
export function verifyReplyToken(token: string, secrets: ReplySecrets): ReplyToken | undefined {
  if (token.length > 200) return undefined;
  const parts = token.split('.');
  const given = parts.pop() ?? '';
  const [ticketId, messageId, ...rest] = parts;
  if (!ticketId || !ID.test(ticketId) || (messageId !== undefined && !ID.test(messageId)) || rest.length > 0) return undefined;
  const body = parts.join('.');
  if (!signedBy(`reply ${body}`, given, secrets, SIGNATURE_LENGTH)) return undefined;
  return messageId === undefined
    ? { ticketId: withDashes(ticketId) }
    : { ticketId: withDashes(ticketId), messageId: withDashes(messageId) };
}

/** The Message-ID of our own mail: an answer carries it back in In-Reply-To and References. */
export const messageIdOf = (token: string, domain: string): string => `<${token}@${domain}>`;

/** The token in one of our own Message-IDs, unverified. */
export const tokenOfMessageId = (id: string): string => id.slice(1, id.lastIndexOf('@'));

/** `support+token@example.com`, or undefined where it would be longer than servers must accept; the Message-ID then has to do. */
export function plusAddressOf(mailbox: string, token: string): string | undefined {
  const at = mailbox.lastIndexOf('@');
  const local = `${mailbox.slice(0, at)}+${token}`;
  return local.length <= LOCAL_PART_LENGTH_MAX ? local + mailbox.slice(at) : undefined;
}

/** The part after the plus, unverified. */
export const tokenOfPlusAddress = (address: string): string => /\+([^@]*)@/.exec(address)?.[1] ?? '';

/** `[#1042-k3jq7dma]`, for the subject of what we send. */
export function subjectToken(ticketNumber: number, secrets: ReplySecrets): string {
  return `[#${ticketNumber}-${signature(`subject ${ticketNumber}`, newestOf(secrets), SUBJECT_SIGNATURE_LENGTH)}]`;
}

/** The ticket number of the last genuine token in a subject. */
export function ticketNumberIn(subject: string, secrets: ReplySecrets): number | undefined {
  const tokens = [...subject.matchAll(/\[#(\d{1,15})-([a-z2-7]{8})\]/gi)].reverse();
  const genuine = tokens.find(([, number, given]) => signedBy(`subject ${number}`, given ?? '', secrets, SUBJECT_SIGNATURE_LENGTH));
  return genuine && Number(genuine[1]);
}

function newestOf(secrets: ReplySecrets): string {
  const newest = secrets[0];
  if (!newest) throw new Error('no secret is configured to sign reply tokens');
  return newest;
}

/** Base32 in lower case: survives servers that fold case, needs no escaping in an address. */
function signature(text: string, secret: string, length: number): string {
  const bits = BigInt(`0x${createHmac('sha256', secret).update(text).digest('hex')}`);
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from({ length }, (_, index) => letters[Number((bits >> BigInt(251 - index * 5)) & 31n)]).join('');
}

function signedBy(text: string, given: string, secrets: ReplySecrets, length: number): boolean {
  const bytes = Buffer.from(given.toLowerCase());
  return secrets.some(
    (secret) => secret !== '' && bytes.length === length && timingSafeEqual(bytes, Buffer.from(signature(text, secret, length))),
  );
}

const withDashes = (id: string): string =>
  /^[0-9a-f]{32}$/i.test(id) ? id.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : id;
