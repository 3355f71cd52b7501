import { createHash } from 'node:crypto';
import { simpleParser, type Attachment, type ParsedMail } from 'mailparser';
import sanitizeHtml from 'sanitize-html';
import { cleanLine, cleanText, cutTo } from '../text.js';
import { addressesOf, firstAddressIn, type MailAddress } from './mail-address.js';

export interface MailAttachment {
  filename: string;
  contentType: string;
  sizeBytes: number;
  sha256: string;
  content: Buffer;
}

export interface ReceivedMail {
  kind: 'mail';
  from: MailAddress;
  replyTo?: MailAddress;
  /** To and Cc. */
  to: MailAddress[];
  /** Every address this copy was delivered to, as far as headers say: where a plus address of ours may be. */
  deliveredTo: string[];
  subject: string;
  /** With its angle brackets, as all ids here. */
  messageId?: string;
  /** Equal for the same mail delivered again. The content counts too: broken senders use one Message-ID for many mails, and none may get lost. */
  duplicateKey: string;
  inReplyTo: string[];
  /** Oldest first. */
  references: string[];
  /** Absent when the Date header is missing, unreadable or implausible. */
  sentAt?: Date;
  /** All that was written, quotes included; from the HTML when there is no plain text. */
  text: string;
  textTruncated: boolean;
  /** Without scripts, styles, forms, remote images: safe to show. */
  html?: string;
  attachments: MailAttachment[];
  attachmentsLeftOut: number;
  /** Lower-case name → values, unfolded. Only what the verdict and the threading read. */
  headers: ReadonlyMap<string, readonly string[]>;
}

/** A mail nobody can answer or read. It is kept with its raw original and shown to an operator. */
export interface QuarantinedMail {
  kind: 'quarantined';
  reason: string;
}

export const MAIL_TEXT_LENGTH_MAX = 200_000;
/** The sanitizer needs 0.3 s for the worst 300,000 characters (tags nested without end), and quadratically more. */
export const MAIL_HTML_LENGTH_MAX = 300_000;
const SUBJECT_LENGTH_MAX = 500;
const HEADER_LENGTH_MAX = 2_000;
const HEADER_VALUES_MAX = 20;
/** The contract's provider message ids are this long at most; a longer Message-ID is as good as none. */
const MESSAGE_ID_LENGTH_MAX = 400;
const REFERENCES_MAX = 100;
const RECIPIENTS_MAX = 100;
const ATTACHMENTS_MAX = 50;
const FILENAME_LENGTH_MAX = 255;
/** Before mail as we know it existed. */
const SENT_AT_MIN_MS = Date.UTC(1980, 0, 1);
const CLOCK_SKEW_MAX_MS = 24 * 3_600_000;

// prettier-ignore
const HEADERS_KEPT = new Set([
  'auto-submitted', 'autorespond', 'content-type', 'delivered-to', 'envelope-to', 'precedence', 'return-path', 'x-auto-response-suppress',
  'x-autorespond', 'x-autoreply', 'x-failed-recipients', 'x-original-to', 'x-precedence', 'x-signalbox-mail',
]);

/** Shows structure and emphasis; nothing that loads, runs, styles or submits. */
const SANITIZE: sanitizeHtml.IOptions = {
  // prettier-ignore
  allowedTags: [
    'a', 'b', 'blockquote', 'br', 'code', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'li', 'ol', 'p', 'pre', 's', 'span',
    'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'u', 'ul',
  ],
  allowedAttributes: { a: ['href', 'rel', 'target'] },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  transformTags: { a: sanitizeHtml.simpleTransform('a', { rel: 'noopener noreferrer nofollow', target: '_blank' }) },
  nestingLimit: 100,
};

/**
 * Raw MIME bytes to a mail with every part bounded and storable. Never throws: what mailparser rejects (MIME bombs, 1 MB
 * headers) and what has no sender to answer is quarantined with the reason.
 * @param envelopeFrom the SMTP envelope's sender, '' for the null sender; without SMTP leave it out
 */
export async function readMail(raw: Uint8Array, receivedAt: Date, envelopeFrom?: string): Promise<ReceivedMail | QuarantinedMail> {
  try {
    // Options: no base64 images inside the HTML, no second text body as HTML, sha256 computed while the attachment streams by.
    const parsed = await simpleParser(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), {
      keepCidLinks: true,
      skipImageLinks: true,
      skipTextToHtml: true,
      checksumAlgo: 'sha256',
      maxHtmlLengthToParse: MAIL_HTML_LENGTH_MAX,
    });
    return await normalize(parsed, raw, receivedAt, envelopeFrom);
  } catch (error) {
    return { kind: 'quarantined', reason: cleanLine(`the mail cannot be parsed: ${(error as Error).message}`, 500) };
  }
}

async function normalize(
  parsed: ParsedMail,
  raw: Uint8Array,
  receivedAt: Date,
  envelopeFrom: string | undefined,
): Promise<ReceivedMail | QuarantinedMail> {
  const headers = rawHeaders(parsed);
  const valueOf = (name: string): string => headers.get(name)?.[0] ?? '';

  const from =
    addressesOf(parsed.from)[0] ??
    firstAddressIn(valueOf('from')) ??
    firstAddressIn(valueOf('sender')) ??
    addressesOf(parsed.replyTo)[0] ??
    firstAddressIn(envelopeFrom ?? valueOf('return-path'));
  if (!from) {
    const seen = valueOf('from');
    return {
      kind: 'quarantined',
      reason: `no usable sender: From is ${seen ? `'${cutTo(seen, 100)}'` : 'missing'}, and no other header names one`,
    };
  }

  const html = typeof parsed.html === 'string' ? parsed.html : '';
  // mailparser converts HTML only where there is a plain part beside it or the HTML is the whole mail.
  const text = parsed.text?.trim() ? parsed.text : (await textOfHtml(html)) || (await textOfBody(parsed.attachments));
  const safeHtml = html.length <= MAIL_HTML_LENGTH_MAX ? sanitizeHtml(cleanText(html, MAIL_HTML_LENGTH_MAX), SANITIZE) : '';
  const replyTo = addressesOf(parsed.replyTo)[0];
  const messageId = messageIdsIn(valueOf('message-id'))[0];
  const subject = subjectOf(parsed, valueOf('subject'));
  const sentAt = plausibleDate(valueOf('date'), receivedAt);
  if (envelopeFrom !== undefined) headers.set('return-path', [`<${envelopeFrom}>`]);

  return {
    kind: 'mail',
    from,
    ...(replyTo && { replyTo }),
    to: [...addressesOf(parsed.to), ...addressesOf(parsed.cc)].slice(0, RECIPIENTS_MAX),
    deliveredTo: ['delivered-to', 'x-original-to', 'envelope-to']
      .flatMap((name) => headers.get(name) ?? [])
      .flatMap((value) => firstAddressIn(value)?.address ?? []),
    subject,
    ...(messageId && { messageId }),
    duplicateKey: duplicateKeyOf(messageId, from, subject, text, parsed.attachments, raw),
    inReplyTo: messageIdsIn((headers.get('in-reply-to') ?? []).join(' ')).slice(0, 10),
    // The oldest and the newest tell most; a thread of a thousand mails need not be looked up whole.
    references: [...new Set(messageIdsIn((headers.get('references') ?? []).join(' ')))].slice(-REFERENCES_MAX),
    ...(sentAt && { sentAt }),
    text: cleanText(text, MAIL_TEXT_LENGTH_MAX),
    textTruncated: text.length > MAIL_TEXT_LENGTH_MAX,
    ...(safeHtml && safeHtml.length <= MAIL_HTML_LENGTH_MAX && { html: safeHtml }),
    attachments: parsed.attachments.slice(0, ATTACHMENTS_MAX).map(readAttachment),
    attachmentsLeftOut: Math.max(0, parsed.attachments.length - ATTACHMENTS_MAX),
    headers: new Map([...headers].filter(([name]) => HEADERS_KEPT.has(name))),
  };
}

/** Header values as they came: unfolded, decoded from UTF-8 or else Windows-1252, bounded in number and length. */
function rawHeaders(parsed: ParsedMail): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  // headerLines is absent for a mail without any header, whatever its type says.
  for (const { key, line } of (parsed.headerLines as ParsedMail['headerLines'] | undefined) ?? []) {
    const values = headers.get(key) ?? [];
    if (values.length >= HEADER_VALUES_MAX) continue;
    // References is the one header where the end matters more than the beginning.
    const value = line.slice(line.indexOf(':') + 1);
    const kept = key === 'references' ? value.slice(-REFERENCES_MAX * 200) : value.slice(0, HEADER_LENGTH_MAX);
    // mailsplit gives header lines as one character per byte.
    values.push(cleanLine(decodeBytes(Buffer.from(kept, 'latin1')), kept.length));
    headers.set(key, values);
  }
  return headers;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');

/** Unlabelled bytes are UTF-8 (in headers: RFC 6532) or an old Windows client's. */
function decodeBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return windows1252.decode(bytes);
  }
}

/** mailparser decodes encoded words, but turns unencoded Windows-1252 into replacement characters. */
function subjectOf(parsed: ParsedMail, raw: string): string {
  const decoded = typeof parsed.subject === 'string' ? parsed.subject : '';
  return cleanLine(decoded.includes('\ufffd') && !raw.includes('=?') ? raw : decoded, SUBJECT_LENGTH_MAX);
}

/** Over what the sender wrote, not over the headers each relay adds. Without a Message-ID only identical bytes are the same mail. */
function duplicateKeyOf(
  messageId: string | undefined,
  from: MailAddress,
  subject: string,
  text: string,
  attachments: readonly Attachment[],
  raw: Uint8Array,
): string {
  const content = messageId
    ? JSON.stringify([messageId, from.address, subject, text.trim(), attachments.map(({ checksum }) => checksum)])
    : raw;
  return createHash('sha256').update(content).digest('hex');
}

/** Every `<id>` of a header; the whole value where somebody forgot the brackets. */
function messageIdsIn(value: string): string[] {
  const bracketed = value.match(/<[^<>\s]+>/g) ?? [];
  const ids = bracketed.length > 0 || !/^[^<>\s]+@[^<>\s]+$/.test(value) ? bracketed : [`<${value}>`];
  return ids.filter((id) => id.length <= MESSAGE_ID_LENGTH_MAX);
}

function plausibleDate(value: string, receivedAt: Date): Date | undefined {
  // Without a zone Date.parse would take this machine's.
  const hasZone = /[+-]\d{4}|\b(?:UTC?|GMT|Z|[ECMP][SD]T)\b/.test(value);
  const ms = Date.parse(hasZone ? value : `${value} UTC`);
  return ms >= SENT_AT_MIN_MS && ms <= receivedAt.getTime() + CLOCK_SKEW_MAX_MS ? new Date(ms) : undefined;
}

/** The plain text of an HTML body, by mailparser's own converter (it writes `> ` before block quotes). */
async function textOfHtml(html: string): Promise<string> {
  if (!html) return '';
  const asMail = `Content-Type: text/html; charset=utf-8\r\n\r\n${html.slice(0, MAIL_HTML_LENGTH_MAX)}`;
  return (await simpleParser(asMail, { skipTextToHtml: true })).text ?? '';
}

/** A body with a broken Content-Disposition counts as an attachment, yet it is what the person wrote. */
async function textOfBody(attachments: readonly Attachment[]): Promise<string> {
  const body = attachments.find(({ contentType, filename }) => /^text\/(?:plain|html)$/i.test(contentType) && !filename);
  if (!body) return '';
  const text = decodeBytes(body.content.subarray(0, MAIL_HTML_LENGTH_MAX));
  return body.contentType.toLowerCase() === 'text/html' ? textOfHtml(text) : text;
}

function readAttachment(attachment: Attachment, index: number): MailAttachment {
  const name = cleanLine(attachment.filename ?? '', FILENAME_LENGTH_MAX).replace(/[\\/:]/g, '_');
  const type = attachment.contentType.toLowerCase();
  return {
    filename: name === '' || /^\.+$/.test(name) ? `attachment-${index + 1}` : name,
    contentType: /^[a-z0-9][\w.+-]*\/[a-z0-9][\w.+-]*$/.test(type) && type.length <= 120 ? type : 'application/octet-stream',
    sizeBytes: attachment.size,
    sha256: attachment.checksum,
    content: attachment.content,
  };
}
