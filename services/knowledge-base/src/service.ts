import type { ServiceDefinition } from '@signalbox/service-defaults';
import { readEnvironment } from './config.js';
import { KnowledgeBaseModule } from './knowledge-base.module.js';
import { CreateKnowledgeBase } from './migrations/1795489200000-create-knowledge-base.js';

/** A feedback is a token and a word. */
const BODY_MAX = '4kb';

export function knowledgeBase(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'knowledge-base',
    module: KnowledgeBaseModule.with(environment),
    migrations: [CreateKnowledgeBase],
    environment,
    prepare: (app) => {
      app.useBodyParser('json', { limit: BODY_MAX });
      app.useBodyParser('urlencoded', { limit: BODY_MAX, extended: false, parameterLimit: 10 });
    },
  };
}
