import { z } from 'zod';
import { readJson, rejected, shown, type Parsed } from '../json.js';
import { readMessaging } from './messenger.js';
import { newWebhook, ProviderId, type SocialWebhook } from './social-message.js';
import { readWhatsAppChange } from './whatsapp.js';

const Envelope = z.object({ object: z.string().max(100), entry: z.array(z.unknown()).max(1_000) });
const Entry = z.object({ id: ProviderId, changes: z.array(z.unknown()).default([]), messaging: z.array(z.unknown()).default([]) });

/**
 * A webhook of Meta's platforms, already verified: every message and status in it, and what nothing was made of.
 * One odd part never spoils its neighbours. Rejected is only what has not Meta's shape at all.
 */
export function parseMetaWebhook(rawBody: Uint8Array, receivedAt: Date): Parsed<SocialWebhook> {
  const json = readJson(rawBody, 'the webhook');
  if (!json.ok) return json;
  const envelope = Envelope.safeParse(json.value);
  if (!envelope.success) return rejected(`the webhook is ${shown(json.value)}; expected an object with 'object' and up to 1000 'entry'`);

  const webhook = newWebhook();
  const { object } = envelope.data;
  for (const [index, value] of envelope.data.entry.entries()) {
    const part = `entry[${index}]`;
    const entry = Entry.safeParse(value);
    if (!entry.success) {
      webhook.ignored.push({ part, reason: `it is ${shown(value)}; expected an entry with an id`, fromCustomer: true });
      continue;
    }
    const { id, changes, messaging } = entry.data;
    if (object === 'whatsapp_business_account') {
      for (const [at, change] of changes.entries()) readWhatsAppChange(change, `${part}.changes[${at}]`, receivedAt, webhook);
    } else if (object === 'page' || object === 'instagram') {
      const platform = object === 'page' ? 'messenger' : 'instagram';
      for (const [at, event] of messaging.entries()) readMessaging(platform, id, event, `${part}.messaging[${at}]`, receivedAt, webhook);
      if (messaging.length === 0) webhook.ignored.push({ part, reason: 'it has no messaging events', fromCustomer: false });
    } else {
      webhook.ignored.push({
        part,
        reason: `object is ${shown(object)}; known: whatsapp_business_account, page, instagram`,
        fromCustomer: false,
      });
    }
  }
  return { ok: true, value: webhook };
}
