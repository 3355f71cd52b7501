import { z } from 'zod';
import { readJson, rejected, shown, whatIsWrong, type Parsed } from '../json.js';
import { attachment, nameOf, newWebhook, sentAtOf, textOf, type AttachmentReference, type SocialWebhook } from './social-message.js';

const File = z.object({
  file_id: z.string().min(1).max(400),
  file_name: z.string().optional(),
  mime_type: z.string().optional(),
  file_size: z.int().nonnegative().optional(),
});
const Message = z.object({
  message_id: z.int(),
  date: z.int(),
  edit_date: z.int().optional(),
  chat: z.object({ id: z.int(), type: z.string().max(40) }),
  message_thread_id: z.int().optional(),
  from: z
    .object({
      id: z.int(),
      is_bot: z.boolean().default(false),
      first_name: z.string().optional(),
      last_name: z.string().optional(),
      username: z.string().optional(),
    })
    .optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  photo: z.array(File).optional(),
  video: File.optional(),
  animation: File.optional(),
  video_note: File.optional(),
  audio: File.optional(),
  voice: File.optional(),
  document: File.optional(),
  sticker: File.extend({ emoji: z.string().optional() }).optional(),
  contact: z.object({ phone_number: z.string(), first_name: z.string(), last_name: z.string().optional() }).optional(),
  location: z.object({ latitude: z.number(), longitude: z.number() }).optional(),
});
type Message = z.output<typeof Message>;
const Update = z.looseObject({ update_id: z.int() });

/**
 * An Update of the Telegram Bot API, already verified. One webhook carries one update; an album comes as one update per photo.
 * `account` is the last part of our webhook's address: the update itself does not say which bot it is for.
 */
export function parseTelegramUpdate(rawBody: Uint8Array, account: string, receivedAt: Date): Parsed<SocialWebhook> {
  const json = readJson(rawBody, 'the update');
  if (!json.ok) return json;
  const update = Update.safeParse(json.value);
  if (!update.success) return rejected(`the update is ${shown(json.value)}; expected an object with 'update_id'`);

  const webhook = newWebhook();
  const ignore = (part: string, reason: string, fromCustomer: boolean): Parsed<SocialWebhook> => {
    webhook.ignored.push({ part, reason, fromCustomer });
    return { ok: true, value: webhook };
  };
  const part = ['message', 'edited_message'].find((name) => update.data[name] !== undefined);
  if (!part) {
    const kinds = Object.keys(update.data).filter((name) => name !== 'update_id');
    return ignore('update', `it carries ${shown(kinds)}; known: message, edited_message`, false);
  }
  const parsed = Message.safeParse(update.data[part]);
  if (!parsed.success) return ignore(part, whatIsWrong(parsed.error), true);
  const message = parsed.data;
  if (!message.from) return ignore(part, 'it has no sender', false);
  if (message.from.is_bot) return ignore(part, 'a bot sent it', false);

  const attachments = attachmentsOf(message);
  const text = textOf(wordsOf(message));
  if (text === '' && attachments.length === 0)
    return ignore(
      part,
      `it has neither text nor a file we know: ${shown(Object.keys(update.data[part] as object))}`,
      !isServiceMessage(update.data[part]),
    );
  const name = nameOf([message.from.first_name, message.from.last_name].filter(Boolean).join(' ') || message.from.username);
  const channelAccount = `telegram:${account}`;
  const thread = message.message_thread_id === undefined ? '' : `/${message.message_thread_id}`;
  webhook.messages.push({
    channel: 'social',
    platform: 'telegram',
    channelAccount,
    // message_id is the same again after an edit; update_id is what Telegram promises to be unique.
    providerMessageId: String(update.data.update_id),
    from: { id: String(message.from.id), ...(name && { name }) },
    replyAddress: String(message.chat.id),
    text,
    attachments,
    sentAt: sentAtOf((message.edit_date ?? message.date) * 1_000, receivedAt),
    // In a group every member talks in the same chat: the sender makes the conversation.
    conversationKey: `${channelAccount}/${message.chat.id}${thread}${message.chat.type === 'private' ? '' : `/${message.from.id}`}`,
    ...(part === 'edited_message' && { edited: true as const }),
  });
  return { ok: true, value: webhook };
}

function wordsOf({ text, caption, sticker, contact, location }: Message): string {
  if (text ?? caption) return text ?? caption ?? '';
  if (contact) return ['Contact:', contact.first_name, contact.last_name, contact.phone_number].filter(Boolean).join(' ');
  if (location) return `Location: ${location.latitude}, ${location.longitude}`;
  return sticker?.emoji ?? '';
}

function attachmentsOf(message: Message): AttachmentReference[] {
  // Telegram gives each photo in several sizes, the largest last; an animation comes a second time as a document.
  const files = [
    ['image', message.photo?.at(-1)],
    ['video', message.video ?? message.animation ?? message.video_note],
    ['audio', message.audio ?? message.voice],
    ['document', message.animation ? undefined : message.document],
    ['sticker', message.sticker],
  ] as const;
  return files.flatMap(([kind, file]) =>
    file
      ? [
          attachment(kind, file.file_id, {
            ...given('contentType', file.mime_type),
            ...given('filename', file.file_name),
            ...given('sizeBytes', file.file_size),
          }),
        ]
      : [],
  );
}

const given = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>);

/** Somebody joined, a title changed, a call began: nobody said anything. */
const isServiceMessage = (value: unknown): boolean =>
  Object.keys(value as object).some((name) =>
    /^(?:new_chat|left_chat|delete_chat|group_chat|supergroup_chat|channel_chat|pinned_message|migrate_|forum_topic|video_chat|message_auto_delete|chat_background|boost_added)/.test(
      name,
    ),
  );
