import type { ServiceDefinition } from '@signalbox/service-defaults';
import { readEnvironment } from './config.js';
import { EnrichmentModule } from './enrichment.module.js';
import { CreateEnrichment } from './migrations/1795483200000-create-enrichment.js';
import { EnrichAgain } from './migrations/1795494000000-enrich-again.js';

export function enrichment(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return { name: 'enrichment', module: EnrichmentModule.with(environment), migrations: [CreateEnrichment, EnrichAgain], environment };
}
