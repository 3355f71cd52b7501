import { runService } from '@signalbox/service-defaults';
import { routing } from './service.js';

await runService(routing());
