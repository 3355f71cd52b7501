import { parseEnvironment } from '@signalbox/service-defaults';
import { z } from 'zod';

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env) =>
  parseEnvironment(
    {
      OPERATOR_TOKEN: z.string().min(16).optional(),
      /** Newest first: it signs, all of them verify. */
      FEEDBACK_TOKEN_SECRETS: z
        .string()
        .transform((text) =>
          text
            .split(',')
            .map((one) => one.trim())
            .filter((one) => one !== ''),
        )
        .refine(
          (secrets) => secrets.length > 0 && secrets.every((secret) => secret.length >= 16),
          'at least one secret of 16 characters or more',
        ),
      /** Where customers reach this company's Signalbox; links in answers begin with it. */
      PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
      /** Requests one address may send: at once, and per minute in the long run. Behind a proxy all share the proxy's. */
      REQUESTS_BURST_MAX: z.coerce.number().int().min(1).default(200),
      REQUESTS_PER_MINUTE_MAX: z.coerce.number().min(1).default(6_000),
    },
    env,
  );
export type KnowledgeBaseEnvironment = ReturnType<typeof readEnvironment>;
export const ENVIRONMENT = Symbol('KnowledgeBaseEnvironment');
