import { removeInfrastructure } from '@signalbox/test-stack';
import { rmSync } from 'node:fs';
import { resolve, join } from 'node:path';
import { STATE_DIR } from './stack/stack-file.ts';

/** `npm run reset`: wipes everything a stack on this machine keeps. The downloaded Kafka jars stay. */
const stateDir = resolve(process.env['SIGNALBOX_STATE_DIR'] ?? join(import.meta.dirname, '..', STATE_DIR));
try {
  await removeInfrastructure(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
  console.log(`${stateDir} is gone; npm start begins anew`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
