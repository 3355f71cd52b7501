import { createServer, type Server } from 'node:net';

/**
 * Ports of 127.0.0.1 that nobody listens on, each as wished where it is still free: a restart keeps its addresses.
 * All are held until the last is found, so no two are the same. Between here and the server's own bind a port may still be lost.
 */
export async function freePorts(wished: readonly (number | undefined)[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    const ports: number[] = [];
    for (const port of wished) {
      const server = (port && (await listen(port))) || (await listen(0));
      const address = server?.address();
      if (!server || typeof address !== 'object' || !address) throw new Error('no free port on 127.0.0.1');
      held.push(server);
      ports.push(address.port);
    }
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
