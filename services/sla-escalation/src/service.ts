import { parseEnvironment, type ServiceDefinition } from '@signalbox/service-defaults';
import { z } from 'zod';
import { CreateSlaTicket } from './migrations/1795489200000-create-sla-ticket.js';
import { CheckAtOnce } from './migrations/1795651200000-check-at-once.js';
import { ReportRecomputations } from './migrations/1795759200000-report-recomputations.js';
import { SlaEscalationModule } from './sla-escalation.module.js';

export function slaEscalation(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = parseEnvironment({ OPERATOR_TOKEN: z.string().min(16).optional() }, env);
  return {
    name: 'sla-escalation',
    module: SlaEscalationModule,
    migrations: [CreateSlaTicket, CheckAtOnce, ReportRecomputations],
    environment,
  };
}
