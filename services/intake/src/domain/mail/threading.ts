import { sameAddress } from './mail-address.js';
import type { ReceivedMail } from './mail.js';
import { ticketNumberIn, tokenOfMessageId, tokenOfPlusAddress, verifyReplyToken, type ReplySecrets } from './reply-token.js';

export type ThreadedMail = Pick<ReceivedMail, 'from' | 'to' | 'deliveredTo' | 'subject' | 'inReplyTo' | 'references'>;

/** What the mail claims to belong to; the store looks these up in one statement each. */
export interface ReferencesToLookUp {
  /** From tokens whose signature is genuine, the strongest first. */
  ticketIds: string[];
  /** In-Reply-To, then References from the last to the first: Message-IDs of mails received or sent before. */
  messageIds: string[];
  ticketNumber?: number;
}

/** What of it exists. */
export interface ReferencesFound {
  ticketIds: ReadonlySet<string>;
  ticketIdByMessageId: ReadonlyMap<string, string>;
  /** The ticket of `ticketNumber`, with every address that wrote or received a message in it. */
  numbered?: { ticketId: string; participants: readonly string[] };
}

export type Threading =
  { kind: 'reply'; ticketId: string; by: 'reply-token' | 'in-reply-to' | 'references' | 'subject-token' } | { kind: 'new-ticket' };

/** At most this many ids of a thread are looked up. */
const MESSAGE_IDS_MAX = 50;

/** The first half of the ladder: which rows decide. `envelopeTo` are the SMTP recipients of this copy. */
export function referencesToLookUp(mail: ThreadedMail, secrets: ReplySecrets, envelopeTo: readonly string[] = []): ReferencesToLookUp {
  const messageIds = [...new Set([...mail.inReplyTo, ...mail.references.toReversed()])];
  const addresses = [...envelopeTo, ...mail.to.map(({ address }) => address), ...mail.deliveredTo];
  const inReplyToTokens = mail.inReplyTo.map(tokenOfMessageId);
  const tokens = [...inReplyToTokens, ...addresses.map(tokenOfPlusAddress), ...messageIds.map(tokenOfMessageId)];
  const ticketIds = tokens.flatMap((token) => verifyReplyToken(token, secrets)?.ticketId ?? []);
  const ticketNumber = ticketNumberIn(mail.subject, secrets);
  return {
    ticketIds: [...new Set(ticketIds)],
    messageIds: messageIds.slice(0, MESSAGE_IDS_MAX),
    ...(ticketNumber !== undefined && { ticketNumber }),
  };
}

/**
 * The ladder: own signed reply token → In-Reply-To → References, last to first → signed subject token from a known
 * participant → a new ticket. A subject alone never joins a ticket: numbers can be guessed, and subjects are forwarded.
 */
export function threadMail(mail: ThreadedMail, lookUp: ReferencesToLookUp, found: ReferencesFound): Threading {
  const ticketId = lookUp.ticketIds.find((id) => found.ticketIds.has(id));
  if (ticketId) return { kind: 'reply', ticketId, by: 'reply-token' };

  const messageId = lookUp.messageIds.find((id) => found.ticketIdByMessageId.has(id));
  if (messageId) {
    const by = mail.inReplyTo.includes(messageId) ? 'in-reply-to' : 'references';
    return { kind: 'reply', ticketId: found.ticketIdByMessageId.get(messageId)!, by };
  }

  const { numbered } = found;
  if (lookUp.ticketNumber !== undefined && numbered?.participants.some((address) => sameAddress(address, mail.from.address))) {
    return { kind: 'reply', ticketId: numbered.ticketId, by: 'subject-token' };
  }
  return { kind: 'new-ticket' };
}
