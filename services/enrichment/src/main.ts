import { runService } from '@signalbox/service-defaults';
import { enrichment } from './service.js';

await runService(enrichment());
