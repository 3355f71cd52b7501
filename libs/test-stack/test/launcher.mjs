// A launcher in a process of its own, for tests that kill it. Runs the sources: Node strips the types, the hook finds .ts where .js is written.
// node launcher.mjs STATE_DIR → progress on standard error; on standard output one line of JSON {kafkaBrokers, databaseUrl, kind}, or {error}.
// A line on standard input stops it cleanly.
import { registerHooks } from 'node:module';
import { createInterface } from 'node:readline';

registerHooks({
  resolve: (name, context, next) =>
    next(name.startsWith('.') && !context.parentURL?.includes('/node_modules/') ? name.replace(/\.js$/, '.ts') : name, context),
});
const { startInfrastructure } = await import('../src/infrastructure.js');

try {
  const infrastructure = await startInfrastructure({ stateDir: process.argv[2], progress: (line) => console.error(line) });
  const { kafkaBrokers, databaseUrl, kind } = infrastructure;
  console.log(JSON.stringify({ kafkaBrokers, databaseUrl, kind }));
  createInterface({ input: process.stdin }).once('line', async () => {
    await infrastructure.stop();
    process.exit(0);
  });
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
  process.exit(1);
}
