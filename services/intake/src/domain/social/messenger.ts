import { z } from 'zod';
import { whatIsWrong } from '../json.js';
import { attachment, ProviderId, sentAtOf, textOf, type AttachmentReference, type SocialWebhook } from './social-message.js';

const Event = z.object({
  sender: z.object({ id: ProviderId }),
  timestamp: z.number(),
  message: z
    .object({
      mid: ProviderId,
      text: z.string().optional(),
      is_echo: z.boolean().optional(),
      is_deleted: z.boolean().optional(),
      attachments: z.array(z.unknown()).default([]),
    })
    .optional(),
  postback: z.object({ mid: ProviderId.optional(), title: z.string().optional(), payload: z.string().optional() }).optional(),
  delivery: z.object({ mids: z.array(ProviderId).default([]), watermark: z.number() }).optional(),
});
const Attachment = z.object({
  type: z.string().max(100),
  title: z.string().optional(),
  url: z.string().optional(),
  payload: z
    .object({
      url: z.string().max(4_000).optional(),
      title: z.string().optional(),
      sticker_id: z.unknown().optional(),
      coordinates: z.object({ lat: z.number(), long: z.number() }).optional(),
    })
    .nullish(),
});

const KIND: Record<string, AttachmentReference['kind'] | undefined> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  file: 'document',
  reel: 'video',
  ig_reel: 'video',
};

/** One `entry[].messaging[]` of Messenger (`page`) or Instagram. */
export function readMessaging(
  platform: 'messenger' | 'instagram',
  accountId: string,
  value: unknown,
  part: string,
  receivedAt: Date,
  webhook: SocialWebhook,
): void {
  const ignore = (reason: string, fromCustomer: boolean): void => void webhook.ignored.push({ part, reason, fromCustomer });
  const event = Event.safeParse(value);
  if (!event.success) {
    // A reaction or a read receipt may look odd without a loss; a message may not.
    const speaks = typeof value === 'object' && value !== null && ('message' in value || 'postback' in value);
    ignore(whatIsWrong(event.error), speaks);
    return;
  }
  const { sender, timestamp, message, postback, delivery } = event.data;
  const channelAccount = `${platform}:${accountId}`;
  if (delivery) {
    const at = sentAtOf(delivery.watermark, receivedAt);
    webhook.statuses.push(
      ...delivery.mids.map((mid) => ({ platform, channelAccount, providerMessageId: mid, status: 'delivered' as const, at })),
    );
    return;
  }
  if (!message && !postback) return ignore('it has neither message nor postback', false);
  if (message?.is_echo) return ignore('it is an echo of our own message', false);
  if (message?.is_deleted) return ignore(`message '${message.mid}' was deleted by its sender`, false);

  const content = message
    ? contentOf(message.text, message.attachments)
    : { text: textOf(postback?.title ?? postback?.payload), attachments: [] };
  if (content.text === '' && content.attachments.length === 0)
    return ignore(`message '${message?.mid}' has neither text nor an attachment we know`, true);
  webhook.messages.push({
    channel: 'social',
    platform,
    channelAccount,
    // A tap on a button had no id in older versions; nobody taps twice in a millisecond.
    providerMessageId: message?.mid ?? postback?.mid ?? `postback:${sender.id}:${timestamp}`,
    from: { id: sender.id },
    replyAddress: sender.id,
    ...content,
    sentAt: sentAtOf(timestamp, receivedAt),
    conversationKey: `${channelAccount}/${sender.id}`,
  });
}

/** Links and places become text, files become references. */
function contentOf(text: string | undefined, values: readonly unknown[]): { text: string; attachments: AttachmentReference[] } {
  const words = [text];
  const attachments: AttachmentReference[] = [];
  for (const value of values) {
    const parsed = Attachment.safeParse(value);
    if (!parsed.success) continue;
    const { type, title, url, payload } = parsed.data;
    const kind = payload?.sticker_id === undefined ? KIND[type] : 'sticker';
    if (kind && payload?.url) attachments.push(attachment(kind, payload.url));
    else if (payload?.coordinates) words.push(`Location: ${payload.coordinates.lat}, ${payload.coordinates.long}`);
    else words.push([title ?? payload?.title, url ?? payload?.url].filter(Boolean).join(' '));
  }
  return { text: textOf(words.filter(Boolean).join('\n')), attachments };
}
