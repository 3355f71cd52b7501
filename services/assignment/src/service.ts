import type { ServiceDefinition } from '@signalbox/service-defaults';
import { AssignmentModule } from './assignment.module.js';
import { readEnvironment } from './config.js';
import { CreateAssignment } from './migrations/1795482600000-create-assignment.js';
import { RepeatStates } from './migrations/1795651200000-repeat-states.js';
import { HandOver } from './migrations/1795910400000-hand-over.js';
import { MergeTickets } from './migrations/1796054400000-merge-tickets.js';
import { RememberLastAssignment } from './migrations/1795911000000-remember-last-assignment.js';
import { FollowShifts } from './migrations/1795911600000-follow-shifts.js';
import { KeepSkillsOfTransfers } from './migrations/1795912200000-keep-skills-of-transfers.js';
import { KeepWithinLimits } from './migrations/1795998000000-keep-within-limits.js';

export function assignment(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = readEnvironment(env);
  return {
    name: 'assignment',
    module: AssignmentModule.with(environment),
    migrations: [
      CreateAssignment,
      RepeatStates,
      HandOver,
      RememberLastAssignment,
      FollowShifts,
      KeepSkillsOfTransfers,
      KeepWithinLimits,
      MergeTickets,
    ],
    environment,
  };
}
