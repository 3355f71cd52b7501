import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Builds the console's page, once there is one. */
const web = resolve(import.meta.dirname, '../services/console/web');
if (existsSync(resolve(web, 'index.html'))) {
  const { build } = await import('vite');
  await build({ root: web, logLevel: 'warn' });
}
