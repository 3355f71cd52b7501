import { parseEnvironment } from '@signalbox/service-defaults';
import { z } from 'zod';

const additions = {
  OPERATOR_TOKEN: z.string().min(16).optional(),
  /** How often every state record is said again. */
  REPUBLISH_MINUTES: z.coerce.number().positive().max(1_000_000).default(10),
};

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env) => parseEnvironment(additions, env);
export type AssignmentEnvironment = ReturnType<typeof readEnvironment>;
export const ENVIRONMENT = Symbol('AssignmentEnvironment');
