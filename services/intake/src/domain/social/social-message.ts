import { TEXT_LENGTH_MAX } from '@signalbox/contracts';
import { z } from 'zod';
import { cleanLine, cleanText } from '../text.js';

export type Platform = 'whatsapp' | 'messenger' | 'instagram' | 'telegram';

/** Where the content of an attachment is to be had; the provider's links expire, so it is fetched soon. */
export interface AttachmentReference {
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  /** Media id (WhatsApp), file id (Telegram) or URL (Messenger, Instagram). */
  reference: string;
  contentType?: string;
  filename?: string;
  sizeBytes?: number;
}

/** One message of a person, whatever the platform. */
export interface SocialMessage {
  channel: 'social';
  platform: Platform;
  /** `whatsapp:<phone number id>`, `messenger:<page id>`, `instagram:<id>`, `telegram:<account of the address>`. */
  channelAccount: string;
  /** With channelAccount the duplicate key. */
  providerMessageId: string;
  from: { id: string; name?: string };
  /** Where an answer goes. */
  replyAddress: string;
  text: string;
  attachments: AttachmentReference[];
  /** Never later than its receipt. */
  sentAt: Date;
  /** Messages with the same key are one conversation. */
  conversationKey: string;
  /** It replaces an earlier message's text. */
  edited?: true;
}

/** What became of a message we sent. */
export interface SocialStatus {
  platform: Platform;
  channelAccount: string;
  providerMessageId: string;
  status: 'sent' | 'delivered' | 'read' | 'failed';
  at: Date;
  reason?: string;
}

/** A part of a webhook nothing was made of. `fromCustomer`: a person said something there, so an operator must see it. */
export interface IgnoredPart {
  part: string;
  reason: string;
  fromCustomer: boolean;
}

export interface SocialWebhook {
  messages: SocialMessage[];
  statuses: SocialStatus[];
  ignored: IgnoredPart[];
}

export const newWebhook = (): SocialWebhook => ({ messages: [], statuses: [], ignored: [] });

/** A provider's id, which older senders write as a number. */
export const ProviderId = z.union([z.string().min(1).max(400), z.int().transform(String)]);

/** Long before social support existed; a value below it is in the wrong unit. */
const SENT_AT_MIN_MS = Date.UTC(2010, 0, 1);

/** The provider's instant, or that of the receipt where it cannot be true. */
export function sentAtOf(ms: number, receivedAt: Date): Date {
  return ms >= SENT_AT_MIN_MS && ms <= receivedAt.getTime() ? new Date(ms) : receivedAt;
}

export const textOf = (text: string | undefined): string => cleanText(text ?? '', TEXT_LENGTH_MAX).trim();
export const nameOf = (name: string | undefined): string => cleanLine(name ?? '', 200);

/** An attachment without what the provider left out. */
export function attachment(
  kind: AttachmentReference['kind'],
  reference: string,
  more: Partial<AttachmentReference> = {},
): AttachmentReference {
  const { contentType, filename, sizeBytes } = more;
  return {
    kind,
    reference,
    ...(contentType && { contentType: cleanLine(contentType, 120) }),
    ...(filename && { filename: cleanLine(filename, 255).replace(/[\\/:]/g, '_') }),
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
}
