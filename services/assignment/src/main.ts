import { runService } from '@signalbox/service-defaults';
import { assignment } from './service.js';

await runService(assignment());
