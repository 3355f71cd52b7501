import type { ServiceDefinition } from '@signalbox/service-defaults';
import { raw, type NextFunction, type Request, type Response } from 'express';
import { readEnvironment } from './config.js';
import { IntakeModule } from './intake.module.js';
import { CreateIntake } from './migrations/1795482000000-create-intake.js';
import { SendAndQuarantine } from './migrations/1795485600000-send-and-quarantine.js';

const BODY_BYTES_MAX = 1_000_000;

export function intake(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'intake',
    module: IntakeModule.with(environment),
    migrations: [CreateIntake, SendAndQuarantine],
    environment,
    prepare: (app) => void app.use('/intake', readBody),
  };
}

/** Raw bodies: signatures are verified over the bytes, and the original is kept as it came. */
const readRaw = raw({ type: () => true, limit: BODY_BYTES_MAX });

/** Without the close Node would read a refused body to its end, to keep the connection for the next request. */
function readBody(request: Request, response: Response, next: NextFunction): void {
  readRaw(request, response, (error?: unknown) => {
    if (error) response.setHeader('Connection', 'close');
    next(error);
  });
}
