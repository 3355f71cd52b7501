import { z } from 'zod';
import { shown, whatIsWrong } from '../json.js';
import { attachment, nameOf, ProviderId, sentAtOf, textOf, type AttachmentReference, type SocialWebhook } from './social-message.js';

const text = z.string();
const seconds = z.union([z.string().regex(/^\d{1,12}$/), z.int().nonnegative()]).transform((value) => Number(value) * 1_000);

const Change = z.object({
  field: z.string().max(100),
  value: z.object({
    metadata: z.object({ phone_number_id: ProviderId }),
    contacts: z.array(z.unknown()).default([]),
    messages: z.array(z.unknown()).default([]),
    statuses: z.array(z.unknown()).default([]),
    errors: z.array(z.unknown()).default([]),
  }),
});
const Contact = z.object({ wa_id: ProviderId, profile: z.object({ name: text }).optional() });
const Media = z.object({ id: ProviderId, mime_type: text.optional(), caption: text.optional(), filename: text.optional() });
const Message = z.object({ id: ProviderId, from: ProviderId, timestamp: seconds, type: z.string().max(100) });
const Status = z.object({
  id: ProviderId,
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  timestamp: seconds,
  errors: z
    .array(z.object({ code: z.number(), title: text.optional(), error_data: z.object({ details: text.optional() }).optional() }))
    .default([]),
});

type Content = { text: string; attachments: AttachmentReference[] };

/** What each type of message says. A type that is not here cannot be read by us. */
const CONTENT: Record<string, z.ZodType<Content>> = {
  text: z.object({ text: z.object({ body: text }) }).transform((message) => said(message.text.body)),
  button: z.object({ button: z.object({ text }) }).transform((message) => said(message.button.text)),
  interactive: z
    .object({
      interactive: z.object({
        button_reply: z.object({ title: text }).optional(),
        list_reply: z.object({ title: text }).optional(),
        nfm_reply: z.object({ body: text.optional(), response_json: text }).optional(),
      }),
    })
    .transform(({ interactive: { button_reply: button, list_reply: list, nfm_reply: form } }) =>
      said(button?.title ?? list?.title ?? form?.response_json ?? ''),
    ),
  location: z
    .object({ location: z.object({ latitude: z.number(), longitude: z.number(), name: text.optional(), address: text.optional() }) })
    .transform(({ location: { latitude, longitude, name, address } }) =>
      said(['Location:', `${latitude}, ${longitude}`, name, address].filter(Boolean).join(' ')),
    ),
  contacts: z
    .object({
      contacts: z
        .array(z.object({ name: z.object({ formatted_name: text }), phones: z.array(z.object({ phone: text.optional() })).default([]) }))
        .min(1),
    })
    .transform(({ contacts }) =>
      said(
        contacts
          .map(({ name, phones }) => ['Contact:', name.formatted_name, ...phones.map(({ phone }) => phone)].filter(Boolean).join(' '))
          .join('\n'),
      ),
    ),
  order: z
    .object({
      order: z.object({
        text: text.optional(),
        product_items: z.array(z.object({ product_retailer_id: ProviderId, quantity: z.union([z.string(), z.number()]) })),
      }),
    })
    .transform(({ order }) =>
      said(
        [order.text, ...order.product_items.map((entry) => `Order: ${entry.quantity} × ${entry.product_retailer_id}`)]
          .filter(Boolean)
          .join('\n'),
      ),
    ),
  ...Object.fromEntries((['image', 'video', 'audio', 'document', 'sticker'] as const).map((kind) => [kind, mediaContent(kind)])),
};

/** Sent by the app or a tap, without words. */
const WORDLESS = new Set(['reaction', 'system']);

/** One `entry[].changes[]` of the WhatsApp Cloud API. */
export function readWhatsAppChange(value: unknown, part: string, receivedAt: Date, webhook: SocialWebhook): void {
  const field = (value as { field?: unknown } | null)?.field;
  if (field !== 'messages') {
    webhook.ignored.push({ part, reason: `field is ${shown(field)}; known: messages`, fromCustomer: false });
    return;
  }
  const change = Change.safeParse(value);
  if (!change.success) {
    webhook.ignored.push({ part, reason: whatIsWrong(change.error), fromCustomer: true });
    return;
  }
  const { metadata, contacts, messages, statuses, errors } = change.data.value;
  const channelAccount = `whatsapp:${metadata.phone_number_id}`;
  const names = new Map(
    contacts.flatMap((entry) => Contact.safeParse(entry).data ?? []).map((contact) => [contact.wa_id, contact.profile?.name]),
  );

  for (const [index, message] of messages.entries())
    readMessage(message, `${part}.value.messages[${index}]`, channelAccount, names, receivedAt, webhook);
  for (const [index, entry] of statuses.entries()) {
    const status = Status.safeParse(entry);
    if (!status.success) {
      webhook.ignored.push({ part: `${part}.value.statuses[${index}]`, reason: whatIsWrong(status.error), fromCustomer: false });
      continue;
    }
    const [error] = status.data.errors;
    webhook.statuses.push({
      platform: 'whatsapp',
      channelAccount,
      providerMessageId: status.data.id,
      status: status.data.status,
      at: sentAtOf(status.data.timestamp, receivedAt),
      ...(error && { reason: nameOf(`${error.code} ${error.error_data?.details ?? error.title ?? ''}`) }),
    });
  }
  for (const [index, error] of errors.entries())
    webhook.ignored.push({ part: `${part}.value.errors[${index}]`, reason: shown(error), fromCustomer: false });
}

function readMessage(
  value: unknown,
  part: string,
  channelAccount: string,
  names: ReadonlyMap<string, string | undefined>,
  receivedAt: Date,
  webhook: SocialWebhook,
): void {
  const head = Message.safeParse(value);
  if (!head.success) {
    webhook.ignored.push({ part, reason: whatIsWrong(head.error), fromCustomer: true });
    return;
  }
  const { id, from, timestamp, type } = head.data;
  const schema = Object.hasOwn(CONTENT, type) ? CONTENT[type] : undefined;
  const content = schema?.safeParse(value);
  if (!content?.success || (content.data.text === '' && content.data.attachments.length === 0)) {
    const reason = content?.error
      ? whatIsWrong(content.error)
      : schema
        ? 'it says nothing'
        : `type is ${shown(type)}; known: ${Object.keys(CONTENT).join(', ')}`;
    webhook.ignored.push({ part, reason: `message ${shown(id)}: ${reason}`, fromCustomer: !WORDLESS.has(type) });
    return;
  }
  const name = nameOf(names.get(from));
  webhook.messages.push({
    channel: 'social',
    platform: 'whatsapp',
    channelAccount,
    providerMessageId: id,
    from: { id: from, ...(name && { name }) },
    replyAddress: from,
    ...content.data,
    sentAt: sentAtOf(timestamp, receivedAt),
    conversationKey: `${channelAccount}/${from}`,
  });
}

function said(words: string, attachments: AttachmentReference[] = []): Content {
  return { text: textOf(words), attachments };
}

function mediaContent(kind: AttachmentReference['kind']): z.ZodType<Content> {
  return z.object({ [kind]: Media }).transform((message) => {
    const { id, mime_type: contentType, caption, filename } = message[kind]!;
    return said(caption ?? '', [attachment(kind, id, { ...(contentType && { contentType }), ...(filename && { filename }) })]);
  });
}
