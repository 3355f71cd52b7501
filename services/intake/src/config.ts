import { parseEnvironment } from '@signalbox/service-defaults';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  );

const additions = {
  OPERATOR_TOKEN: z.string().min(16).optional(),
  SMTP_HOST: z.string().default('127.0.0.1'),
  /** The mail listener's port; 0 = any free one. Without it there is no mail door. */
  SMTP_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  MAIL_DOMAIN: z.string().min(1).default('localhost'),
  SUPPORT_ADDRESS: z.email().default('support@localhost.example'),
  /** Where mail goes out, such as smtp://127.0.0.1:2525. Without it replies by mail wait. */
  SMTP_RELAY_URL: z.string().startsWith('smtp').optional(),
  /** Where customers reach this installation. Without it no mail carries the link by which they rate. */
  PUBLIC_URL: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** The last line of a reply by mail, before the link. */
  RATING_QUESTION: z.string().max(200).default('How did we help you? Rate it here:'),
  ATTACHMENTS_DIR: z.string().min(1),
  /** Newest first: it signs, all of them verify. */
  REPLY_TOKEN_SECRETS: list.refine(
    (secrets) => secrets.length > 0 && secrets.every((secret) => secret.length >= 16),
    'at least one secret of 16 characters or more',
  ),
  CHAT_TOKEN_SECRET: z.string().min(16),
  META_APP_SECRETS: list,
  META_VERIFY_TOKEN: z.string().optional(),
  META_ACCESS_TOKEN: z.string().optional(),
  META_BASE_URL: z.url().default('https://graph.facebook.com'),
  META_API_VERSION: z.string().default('v23.0'),
  TELEGRAM_SECRET_TOKENS: list,
  TELEGRAM_BOT_TOKEN: z.string().optional(),
  TELEGRAM_BASE_URL: z.url().default('https://api.telegram.org'),
  /** Requests one address may send: at once, and per minute in the long run. */
  REQUESTS_BURST_MAX: z.coerce.number().int().min(1).default(200),
  REQUESTS_PER_MINUTE_MAX: z.coerce.number().min(1).default(60_000),
  /** Sockets one address may hold; behind a proxy all widgets share the proxy's. */
  CHAT_CONNECTIONS_PER_ADDRESS_MAX: z.coerce.number().int().min(1).default(2_000),
  CHAT_MESSAGES_PER_MINUTE_MAX: z.coerce.number().min(1).default(30),
};

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env) => parseEnvironment(additions, env);
export type IntakeEnvironment = ReturnType<typeof readEnvironment>;
export const ENVIRONMENT = Symbol('IntakeEnvironment');
