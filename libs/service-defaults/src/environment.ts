import { z } from 'zod';

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true');

/** What every service reads from its environment. A service adds its own fields to this shape. */
export const baseEnvironment = {
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().startsWith('postgres', 'must be a PostgreSQL URL such as postgres://user:password@host:5432/assignment'),
  DATABASE_CONNECTIONS_MAX: z.coerce.number().int().min(3).max(200).default(8),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((list) => list.split(',').map((broker) => broker.trim())),
  KAFKA_TOPIC_PREFIX: z.string().max(60).default(''),
  KAFKA_SSL: flag,
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  LOG_LEVEL: z.enum(['debug', 'log', 'warn', 'error']).default('log'),
  LOG_JSON: flag,
  /** For rehearsals only ("what happens on Sunday at 03:00?"): added to the database's clock. The same for every service. */
  SIGNALBOX_CLOCK_OFFSET_MS: z.coerce.number().int().default(0),
  /** Fault tests: `point` or `point:n` ends the process the n-th time it passes there. */
  SIGNALBOX_FAIL_POINT: z.string().optional(),
  /** Set by a launcher: the service ends when its standard input closes. */
  SIGNALBOX_END_WITH_STDIN: flag,
};
export type BaseEnvironment = z.infer<z.ZodObject<typeof baseEnvironment>>;

/**
 * Parses the environment once, at the start. An empty value is none: compose files and manifests cannot leave a variable out.
 * @throws Error listing every variable that is missing or wrong, and what is allowed.
 */
export function parseEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<z.ZodObject<Shape & typeof baseEnvironment>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = z.object({ ...baseEnvironment, ...shape }).safeParse(given);
  if (parsed.success) return parsed.data as z.infer<z.ZodObject<Shape & typeof baseEnvironment>>;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`the environment is not complete:\n${problems.join('\n')}`);
}
