import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The secrets of a stack on one machine: made once, kept beside its data, readable by its owner only. */
export interface StackSecrets {
  readonly jwt: string;
  readonly operator: string;
  readonly replyToken: string;
  readonly chatToken: string;
  readonly feedbackToken: string;
  readonly slaWebhook: string;
  readonly metaApp: string;
  readonly metaVerify: string;
  readonly metaAccess: string;
  readonly telegramSecret: string;
  readonly telegramBot: string;
  readonly databasePasswords: Readonly<Record<string, string>>;
}

const secret = (): string => randomBytes(24).toString('base64url');

export function stackSecrets(stateDir: string, services: readonly string[]): StackSecrets {
  const file = join(stateDir, 'secrets.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<StackSecrets>) : {};
  const made: StackSecrets = {
    jwt: secret(),
    operator: secret(),
    replyToken: secret(),
    chatToken: secret(),
    feedbackToken: secret(),
    slaWebhook: secret(),
    metaApp: secret(),
    metaVerify: secret(),
    metaAccess: secret(),
    telegramSecret: secret(),
    telegramBot: `100200300:${secret()}`,
    databasePasswords: Object.fromEntries(services.map((name) => [name, secret()])),
    // What an older release made stays; what it did not know yet is made now.
    ...before,
  };
  if (Object.keys(made).length > Object.keys(before).length) writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  return made;
}
