import { runService } from '@signalbox/service-defaults';
import { intake } from './service.js';

await runService(intake());
