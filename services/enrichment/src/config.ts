import { parseEnvironment } from '@signalbox/service-defaults';
import { z } from 'zod';

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env) =>
  parseEnvironment(
    {
      OPERATOR_TOKEN: z.string().min(16).optional(),
      /** An HTTP CRM: GET {CRM_URL}/customers?address=… → { tier?, accountStatus?, language? } or 404. */
      CRM_URL: z.url().optional(),
      CRM_TOKEN: z.string().optional(),
    },
    env,
  );
export type EnrichmentEnvironment = ReturnType<typeof readEnvironment>;
export const ENVIRONMENT = Symbol('EnrichmentEnvironment');
