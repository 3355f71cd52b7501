import { parseEnvironment, type ServiceDefinition } from '@signalbox/service-defaults';
import { z } from 'zod';
import { AskForRescues } from './migrations/1796050800000-ask-for-rescues.js';
import { CreateRouting } from './migrations/1795482600000-create-routing.js';
import { KeepProposalsInline } from './migrations/1795644000000-keep-proposals-inline.js';
import { TellPerformance } from './migrations/1795650600000-tell-performance.js';
import { WakeWaiting } from './migrations/1795486200000-wake-waiting.js';
import { KeepJsonAsItCame } from './migrations/1795741200000-keep-json-as-it-came.js';
import { LearnFromWork } from './migrations/1795689000000-learn-from-work.js';
import { TakeInOrder } from './migrations/1795996800000-take-in-order.js';
import { TellRequestsApart } from './migrations/1795914600000-tell-requests-apart.js';
import { CountWaits } from './migrations/1795762800000-count-waits.js';
import { MatchByDomain } from './migrations/1795777200000-match-by-domain.js';
import { KnowAbsences } from './migrations/1795918200000-know-absences.js';
import { SampleForGood } from './migrations/1795921800000-sample-for-good.js';
import { RoutingModule } from './routing.module.js';

export function routing(env: NodeJS.ProcessEnv = process.env): ServiceDefinition {
  const environment = parseEnvironment({ OPERATOR_TOKEN: z.string().min(16).optional() }, env);
  return {
    name: 'routing',
    module: RoutingModule,
    migrations: [
      CreateRouting,
      WakeWaiting,
      KeepProposalsInline,
      TellPerformance,
      KeepJsonAsItCame,
      LearnFromWork,
      CountWaits,
      MatchByDomain,
      TellRequestsApart,
      KnowAbsences,
      SampleForGood,
      TakeInOrder,
      AskForRescues,
    ],
    environment,
  };
}
