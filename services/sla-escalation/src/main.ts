import { runService } from '@signalbox/service-defaults';
import { slaEscalation } from './service.js';

await runService(slaEscalation());
