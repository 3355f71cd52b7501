import type { ServiceDefinition } from '@signalbox/service-defaults';
import { raw } from 'express';
import { readEnvironment } from './config.js';
import { IntakeModule } from './intake.module.js';
import { CreateIntake } from './migrations/1795482000000-create-intake.js';

const BODY_BYTES_MAX = 1_000_000;

export function intake(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'intake',
    module: IntakeModule.with(environment),
    migrations: [CreateIntake],
    environment,
    // Raw bodies: signatures are verified over the bytes, and the original is kept as it came.
    prepare: (app) => void app.use('/intake', raw({ type: () => true, limit: BODY_BYTES_MAX })),
  };
}
