import { InboundTopic } from '@signalbox/contracts';
import { Publisher } from '@signalbox/messaging';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import type { StackSecrets } from './secrets.ts';

export interface Sample {
  readonly id: string;
  readonly file: string;
  readonly door: 'smtp' | 'http' | 'chat' | 'meta' | 'telegram' | 'inbound-topic';
  readonly after?: string;
  readonly times?: number;
  readonly idempotencyKey?: string;
  readonly key?: string;
  readonly expect: { readonly outcome: 'assigned' | 'answered' | 'reply' | 'dead-letter'; readonly waits?: boolean; readonly to?: string };
}

export const readSamples = (folder: string): Sample[] =>
  (parse(readFileSync(join(folder, 'index.yaml'), 'utf8')) as { messages: Sample[] }).messages;

export interface Doors {
  readonly http: string;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly kafkaBrokers: readonly string[];
  readonly supportAddress: string;
  readonly secrets: StackSecrets;
}

/** Who the sample is from, as its ticket will say: by this the witness recognises it on the topics. */
export function senderOf(sample: Sample, folder: string): string {
  const text = readFileSync(join(folder, sample.file), 'utf8');
  switch (sample.door) {
    case 'smtp':
      return /^From:[\s\S]*?<([^<>\s]+)>/m.exec(text)![1]!.toLowerCase();
    case 'http':
      return (JSON.parse(text) as { customer: { email: string } }).customer.email;
    case 'chat':
      return (parse(text) as { visitor: { email: string } }).visitor.email;
    case 'meta':
      return (JSON.parse(text) as { entry: { changes: { value: { messages: { from: string }[] } }[] }[] }).entry[0]!.changes[0]!.value
        .messages[0]!.from;
    case 'telegram':
      return String((JSON.parse(text) as { message: { chat: { id: number } } }).message.chat.id);
    case 'inbound-topic':
      return sample.expect.outcome === 'dead-letter'
        ? ''
        : (JSON.parse(text) as { data: { customer: { email: string } } }).data.customer.email;
  }
}

/** Sends the message through its public door, once. Resolves when the door has acknowledged it. */
export async function sendSample(sample: Sample, folder: string, doors: Doors): Promise<void> {
  const bytes = readFileSync(join(folder, sample.file));
  if (sample.door === 'smtp') return void (await sendMail(bytes, doors.smtp, doors.supportAddress));
  if (sample.door === 'chat') return chat(parse(bytes.toString('utf8')) as ChatScript, doors.http);
  if (sample.door === 'inbound-topic') return produce(bytes, sample.key ?? null, doors.kafkaBrokers);
  const json = { 'content-type': 'application/json' };
  if (sample.door === 'http')
    return post(`${doors.http}/intake/v1/tickets`, bytes, {
      ...json,
      ...(sample.idempotencyKey ? { 'idempotency-key': sample.idempotencyKey } : {}),
    });
  if (sample.door === 'telegram')
    return post(`${doors.http}/intake/v1/hooks/telegram/nordlicht-telegram`, bytes, {
      ...json,
      'x-telegram-bot-api-secret-token': doors.secrets.telegramSecret,
    });
  const signature = createHmac('sha256', doors.secrets.metaApp).update(bytes).digest('hex');
  return post(`${doors.http}/intake/v1/hooks/meta/nordlicht-whatsapp`, bytes, { ...json, 'x-hub-signature-256': `sha256=${signature}` });
}

/** One mail over a real SMTP session, byte for byte (line ends as SMTP wants them). Gives the server's answer. */
export async function sendMail(bytes: Buffer, smtp: { host: string; port: number }, to: string): Promise<string> {
  const transport = createTransport({ host: smtp.host, port: smtp.port, ignoreTLS: true, connectionTimeout: 5_000 });
  const from = /^From:[\s\S]*?<?([^<>\s"]+@[^<>\s"]+)>?/m.exec(bytes.toString('latin1'))?.[1];
  const raw = bytes.toString('latin1').replace(/\r?\n/g, '\r\n');
  try {
    const { response } = await transport.sendMail({ envelope: { from: from ?? '', to }, raw: Buffer.from(raw, 'latin1') });
    return response;
  } finally {
    transport.close();
  }
}

async function post(url: string, body: Buffer, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal: AbortSignal.timeout(15_000) });
  if (!response.ok) throw new Error(`${url} → ${response.status}: ${await response.text()}`);
}

async function produce(value: Buffer, key: string | null, brokers: readonly string[]): Promise<void> {
  const publisher = new Publisher({ brokers, clientId: 'sample-upstream' });
  await publisher.connect();
  await publisher.publish([{ topic: InboundTopic.name, key, value, headers: { 'content-type': 'application/cloudevents+json' } }]);
  await publisher.disconnect();
}

interface ChatScript {
  readonly visitor: { readonly name: string; readonly email: string };
  readonly language: string;
  readonly say: readonly { readonly afterSeconds: number; readonly text: string }[];
}

/** Types the script into a chat widget's socket, line by line; each line is accepted before the next. */
async function chat(script: ChatScript, http: string): Promise<void> {
  const socket = new WebSocket(`${http.replace(/^http/, 'ws')}/intake/v1/chat`);
  const frames: { type: string; clientMessageId?: string; reason?: string }[] = [];
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString('utf8')) as { type: string }));
  const failed = new Promise<never>((_, reject) => socket.once('error', reject));
  const seen = async (type: string, clientMessageId?: string) => {
    for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
      const refused = frames.find((frame) => frame.type === 'error');
      if (refused) throw new Error(`the chat refused: ${refused.reason}`);
      if (frames.some((frame) => frame.type === type && frame.clientMessageId === clientMessageId)) return;
      await sleep(20);
    }
    throw new Error(`the chat did not answer '${type}' within 10 s`);
  };
  await Promise.race([new Promise<void>((resolve) => socket.once('open', () => resolve())), failed]);
  socket.send(JSON.stringify({ type: 'hello', ...script.visitor, language: script.language }));
  await seen('welcome');
  for (const [index, { afterSeconds, text }] of script.say.entries()) {
    await sleep(afterSeconds * 1_000);
    socket.send(JSON.stringify({ type: 'message', clientMessageId: `line-${index}`, text }));
    await seen('accepted', `line-${index}`);
  }
  socket.close();
}
