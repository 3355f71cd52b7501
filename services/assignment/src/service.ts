import type { ServiceDefinition } from '@signalbox/service-defaults';
import { AssignmentModule } from './assignment.module.js';
import { readEnvironment } from './config.js';
import { CreateAssignment } from './migrations/1795482600000-create-assignment.js';

export function assignment(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  return { name: 'assignment', module: AssignmentModule, migrations: [CreateAssignment], environment: readEnvironment(env) };
}
