import type { ServiceDefinition } from '@signalbox/service-defaults';
import { readEnvironment } from './config.js';
import { CreateSlaTicket } from './migrations/1795489200000-create-sla-ticket.js';
import { CheckAtOnce } from './migrations/1795651200000-check-at-once.js';
import { ReportRecomputations } from './migrations/1795759200000-report-recomputations.js';
import { CreateNotification } from './migrations/1795762800000-create-notification.js';
import { CreateOutlook } from './migrations/1795827600000-create-outlook.js';
import { HoldSteps } from './migrations/1795848000000-hold-steps.js';
import { SlaEscalationModule } from './sla-escalation.module.js';

export function slaEscalation(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'sla-escalation',
    module: SlaEscalationModule.with(environment),
    migrations: [CreateSlaTicket, CheckAtOnce, ReportRecomputations, CreateNotification, CreateOutlook, HoldSteps],
    environment,
  };
}
