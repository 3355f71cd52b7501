import { runService } from '@signalbox/service-defaults';
import { knowledgeBase } from './service.js';

await runService(knowledgeBase());
