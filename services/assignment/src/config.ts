import { parseEnvironment } from '@signalbox/service-defaults';
import { z } from 'zod';

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env) =>
  parseEnvironment({ OPERATOR_TOKEN: z.string().min(16).optional() }, env);
