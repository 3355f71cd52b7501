import { runService } from '@signalbox/service-defaults';
import { consoleService } from './service.js';

await runService(consoleService());
