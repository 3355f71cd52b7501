// Before a command that reads what is built, in a clone where nothing is yet. Stdout belongs to the command.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync('services/sla-escalation/dist')) {
  console.error('nothing is built yet: npm run build');
  process.exit(spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 2, 2] }).status ?? 1);
}
