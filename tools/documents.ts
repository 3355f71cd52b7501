import { allTopics, eventsOn, PARTITIONS, ServiceName, type Topic } from '@signalbox/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { StackFile } from './stack/stack-file.ts';

const root = resolve(import.meta.dirname, '..');

/** Which events each service handles, read from its `@On(…)` decorators. */
export function eventsReadBy(service: string): string[] {
  const folder = join(root, 'services', service, 'src');
  const files = readdirSync(folder).filter((name) => name.endsWith('.consumer.ts'));
  const read = files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/@On\(([\w\s,]+)\)/g)].flatMap(([, list]) => list!.match(/\w+/g)!),
  );
  return [...new Set(read)].sort();
}

const readersOf = (topic: Topic): string[] => {
  const types = new Set(eventsOn(topic).map((event) => event.type));
  const readers = ServiceName.options.filter((service) => eventsReadBy(service).some((type) => types.has(type)));
  // libs/messaging reads the configuration for every service but the one that writes it.
  return topic.name === 'signalbox.config' ? ServiceName.options.filter((service) => service !== topic.writer) : readers;
};

/** The AsyncAPI 3 document of all topics and events, from their one declaration. */
export function asyncApi(): string {
  const schemas: Record<string, unknown> = {};
  const messages: Record<string, unknown> = {};
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  for (const topic of allTopics()) {
    const id = topic.name.replace('signalbox.', '');
    for (const event of eventsOn(topic)) {
      const { $schema: _draft, ...schema } = z.toJSONSchema(event.schema, {
        target: 'draft-7',
        io: 'input',
        unrepresentable: 'any',
      }) as Record<string, unknown>;
      schemas[event.type] = schema;
      messages[event.type] = {
        name: event.type,
        contentType: 'application/cloudevents+json',
        description: `A structured CloudEvent 1.0; its subject, and the record's key, is the ${event.subjectName}.`,
        headers: { type: 'object', properties: { ce_type: { type: 'string', const: event.type }, ce_subject: { type: 'string' } } },
        payload: {
          type: 'object',
          required: ['specversion', 'id', 'source', 'type', 'data'],
          properties: {
            specversion: { type: 'string', const: '1.0' },
            id: { type: 'string' },
            source: { type: 'string' },
            type: { type: 'string', const: event.type },
            subject: { type: 'string', description: event.subjectName },
            time: { type: 'string', format: 'date-time' },
            datacontenttype: { type: 'string', const: 'application/json' },
            subjectversion: { type: 'integer', minimum: 1, description: '1, 2, 3 … per subject within this topic' },
            correlationid: { type: 'string' },
            causationid: { type: 'string' },
            traceparent: { type: 'string' },
            data: { $ref: `#/components/schemas/${event.type}` },
          },
        },
      };
    }
    channels[id] = {
      address: topic.name,
      description: topic.says,
      messages: Object.fromEntries(eventsOn(topic).map((event) => [event.type, { $ref: `#/components/messages/${event.type}` }])),
      bindings: {
        kafka: {
          topic: topic.name,
          partitions: PARTITIONS,
          topicConfiguration: { 'cleanup.policy': [topic.compacted ? 'compact' : 'delete'] },
          bindingVersion: '0.5.0',
        },
      },
    };
    operations[`${topic.writer}-sends-${id}`] = {
      action: 'send',
      channel: { $ref: `#/channels/${id}` },
      summary: `${topic.writer} is the only writer`,
    };
    for (const reader of readersOf(topic))
      operations[`${reader}-receives-${id}`] = { action: 'receive', channel: { $ref: `#/channels/${id}` } };
  }
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Signalbox',
      version: '1.0.0',
      description: 'Everything Signalbox says on Kafka. Written from libs/contracts by `npm run docs`.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels,
    operations,
    components: { messages, schemas },
  };
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** Who writes and who reads each topic, as a Mermaid flowchart. */
export function picture(): string {
  const id = (name: string): string => name.replaceAll(/[^a-z]/g, '_');
  const lines = ['```mermaid', 'flowchart LR', '  upstream([upstream systems])'];
  for (const service of ServiceName.options) lines.push(`  ${id(service)}[${service}]`);
  for (const topic of allTopics()) {
    lines.push(`  ${id(topic.name)}{{${topic.name.replace('signalbox.', '')}}}`);
    lines.push(`  ${id(topic.writer)} --> ${id(topic.name)}`);
  }
  for (const topic of allTopics()) {
    if (topic.name === 'signalbox.config') continue; // Everybody reads it; seven arrows would say less than this line.
    for (const reader of readersOf(topic)) lines.push(`  ${id(topic.name)} --> ${id(reader)}`);
  }
  return [...lines, '```'].join('\n');
}

export const stackSchema = (): string => `${JSON.stringify(z.toJSONSchema(StackFile), null, 2)}\n`;

export const PICTURE = /(<!-- picture: written by `npm run docs` -->\n)[\s\S]*?(<!-- end of picture -->)/;
export const withPicture = (readme: string): string =>
  readme.replace(PICTURE, (_, before: string, after: string) => `${before}${picture()}\n${after}`);
