import type { ServiceDefinition } from '@signalbox/service-defaults';
import type { Request, Response } from 'express';
import { readEnvironment } from './config.js';
import { IntakeModule } from './intake.module.js';
import { MailDoor } from './mail-door.js';
import { CreateIntake } from './migrations/1795482000000-create-intake.js';
import { SendAndQuarantine } from './migrations/1795485600000-send-and-quarantine.js';
import { RateSatisfaction } from './migrations/1795650000000-rate-satisfaction.js';
import { FollowMerges } from './migrations/1796054400000-follow-merges.js';
import { readBody } from './request-body.js';

export function intake(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'intake',
    module: IntakeModule.with(environment),
    migrations: [CreateIntake, SendAndQuarantine, RateSatisfaction, FollowMerges],
    environment,
    prepare: (app) => {
      app.use('/intake', readBody);
      // Beside HTTP this service has a second address, which a launcher may have left to it.
      app.use('/healthz', (_request: Request, response: Response) => response.json({ status: 'ok', smtp: app.get(MailDoor).address }));
    },
  };
}
