import { parseEnvironment } from '@signalbox/service-defaults';
import { z } from 'zod';

const additions = {
  OPERATOR_TOKEN: z.string().min(16).optional(),
  /** Where mail goes out, such as smtp://127.0.0.1:2525. Without it notifications by mail fail, and their fallback is told. */
  SMTP_RELAY_URL: z.string().startsWith('smtp').optional(),
  /** Signs what is posted to webhooks. Without it they fail, and their fallback is told. */
  SLA_WEBHOOK_SECRET: z.string().min(16).optional(),
  /** Where the console is. Without it no notification carries a link to its ticket. */
  PUBLIC_URL: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
};

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env) => parseEnvironment(additions, env);
export type SlaEnvironment = ReturnType<typeof readEnvironment>;
export const ENVIRONMENT = Symbol('SlaEnvironment');
