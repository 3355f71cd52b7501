import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below what systems give outgoing connections (Linux from 32768, others from 49152): a port from there may belong to somebody's connection
 * by the time its server binds it, and then stays taken for as long as that connection lives.
 */
const [LOWEST, HIGHEST] = [15_000, 32_000];
const ATTEMPTS_MAX = 100;

/**
 * Ports of 127.0.0.1 that nobody listens on: each as wished where it is still free (a restart keeps its addresses), else the next free one
 * of the hundred after it, else any.
 * All are held until the last is found, so no two are the same. Between here and the server's own bind a port may still be lost.
 */
export async function freePorts(wished: readonly (number | undefined)[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    const ports: number[] = [];
    for (const wish of wished) {
      const server = await listenFrom(wish);
      const address = server.address();
      if (typeof address !== 'object' || !address) throw new Error('no free port on 127.0.0.1');
      held.push(server);
      ports.push(address.port);
    }
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
}

async function listenFrom(wish: number | undefined): Promise<Server> {
  for (let port = wish ?? 0; port > 0 && port < wish! + ATTEMPTS_MAX; port += 1) {
    const server = await listen(port);
    if (server) return server;
  }
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const server = await listen(randomInt(LOWEST, HIGHEST));
    if (server) return server;
  }
  throw new Error(`no free port on 127.0.0.1: ${ATTEMPTS_MAX} between ${LOWEST} and ${HIGHEST} were taken`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
