import type { ServiceDefinition } from '@signalbox/service-defaults';
import { readEnvironment } from './config.js';
import { EnrichmentModule } from './enrichment.module.js';
import { CreateEnrichment } from './migrations/1795483200000-create-enrichment.js';

export function enrichment(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return { name: 'enrichment', module: EnrichmentModule.with(environment), migrations: [CreateEnrichment], environment };
}
