import { ArticleConfig, CategoryConfig } from '@signalbox/contracts';
import { simpleParser } from 'mailparser';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const SAMPLE = new URL('../../../config/sample/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, SAMPLE), 'utf8');

/** The sample company's articles, as the command line makes configuration of them. */
export const sampleArticles: readonly ArticleConfig[] = readdirSync(new URL('articles/', SAMPLE))
  .sort()
  .map((file) => {
    const [, frontMatter, text] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(read(`articles/${file}`))!;
    const { id, ...more } = parse(frontMatter!) as { id: string };
    return ArticleConfig.parse({ articleId: id, ...more, text: text!.trim() });
  });

export const sampleCategories = new Map(
  Object.entries((parse(read('categories.yaml')) as { category: Record<string, unknown> }).category).map(
    ([name, content]): [string, CategoryConfig] => [name, CategoryConfig.parse(content)],
  ),
);

export interface SampleMessage {
  readonly file: string;
  readonly subject: string;
  readonly text: string;
  readonly language?: string | undefined;
}

/** What a customer wrote in each of the sample messages; a chat both as its first line and whole. */
export async function sampleMessages(): Promise<SampleMessage[]> {
  const files = readdirSync(new URL('messages/', SAMPLE)).sort();
  const messages = await Promise.all(files.filter((file) => file !== 'index.yaml').map(messagesOf));
  return messages.flat();
}

interface Chat {
  readonly language: string;
  readonly say: readonly { readonly text: string }[];
}
interface Json {
  readonly subject?: string;
  readonly body?: string;
  readonly language?: string;
  readonly data?: { readonly subject: string; readonly body: string; readonly language: string };
  readonly message?: { readonly text: string };
  readonly entry?: readonly {
    readonly changes: readonly { readonly value: { readonly messages: readonly { readonly text: { readonly body: string } }[] } }[];
  }[];
}

async function messagesOf(file: string): Promise<SampleMessage[]> {
  const source = read(`messages/${file}`);
  if (file.endsWith('.eml')) {
    const { subject, text } = await simpleParser(source);
    return [{ file, subject: subject ?? '', text: text ?? '' }];
  }
  if (file.endsWith('.yaml')) {
    const { say, language } = parse(source) as Chat;
    return [say.slice(0, 1), say].map((lines) => ({ file, subject: '', text: lines.map((line) => line.text).join('\n'), language }));
  }
  if (!file.endsWith('.json')) return [{ file, subject: '', text: source }];
  const json = JSON.parse(source) as Json;
  const social = json.message?.text ?? json.entry?.[0]?.changes[0]?.value.messages[0]?.text.body;
  if (social !== undefined) return [{ file, subject: '', text: social }];
  const form = json.data ?? json;
  return [{ file, subject: form.subject ?? '', text: form.body ?? '', language: form.language }];
}
