import type { ServiceDefinition } from '@signalbox/service-defaults';
import { readEnvironment } from './config.js';
import { ConsoleModule } from './console.module.js';
import { CreateConsole } from './migrations/1795485600000-create-console.js';
import { KeepTicketsInline } from './migrations/1795644000000-keep-tickets-inline.js';
import { WriteWhatChanged } from './migrations/1795741200000-write-what-changed.js';
import { Audit } from './migrations/1795910400000-audit.js';
import { AuditChannels } from './migrations/1795912200000-audit-channels.js';
import { CreateSlaResult } from './migrations/1795914000000-create-sla-result.js';
import { CreateQueueOutlook } from './migrations/1795914600000-create-queue-outlook.js';
import { CreateNotice } from './migrations/1795915200000-create-notice.js';
import { CreateRecomputation } from './migrations/1795915800000-create-recomputation.js';
import { prepareWeb } from './web.js';

export function consoleService(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'console',
    module: ConsoleModule.with(environment),
    migrations: [
      CreateConsole,
      KeepTicketsInline,
      WriteWhatChanged,
      Audit,
      AuditChannels,
      CreateSlaResult,
      CreateQueueOutlook,
      CreateNotice,
      CreateRecomputation,
    ],
    environment,
    prepare: (app) => prepareWeb(app, environment.WEB_DIR),
  };
}
