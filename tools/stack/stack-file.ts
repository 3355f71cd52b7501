import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** `.signalbox/stack.json`: what other programs need to talk to the running system. Its JSON Schema is docs/stack.schema.json. */
export const StackFile = z.strictObject({
  ready: z.boolean().describe('true once every service is ready and the configuration is active; false while starting or stopped'),
  http: z.url().describe('the front door: /, /api, /intake, /knowledge-base'),
  smtp: z.string().describe('host:port of the mail door'),
  kafkaBrokers: z.array(z.string()).min(1),
  services: z.record(z.string(), z.strictObject({ http: z.url(), database: z.string().describe("the service's own PostgreSQL URL") })),
  tokens: z.strictObject({ agent: z.string(), supervisor: z.string(), admin: z.string() }).describe('bearer tokens for the console API'),
});
export type StackFile = z.infer<typeof StackFile>;

export const STATE_DIR = '.signalbox';
const file = (stateDir: string): string => join(stateDir, 'stack.json');

/** Written beside and renamed, so that nobody reads half of it. It holds secrets: for its owner only. */
export function writeStackFile(stack: StackFile, stateDir = STATE_DIR): void {
  writeFileSync(`${file(stateDir)}.new`, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file(stateDir)}.new`, file(stateDir));
}

/** @throws Error with the command that starts one when no stack runs here. */
export function readStackFile(stateDir = STATE_DIR): StackFile {
  const stack = existsSync(file(stateDir)) ? StackFile.parse(JSON.parse(readFileSync(file(stateDir), 'utf8'))) : undefined;
  if (!stack?.ready) throw new Error(`no running Signalbox in ${stateDir}/; start one with: npm start`);
  return stack;
}
