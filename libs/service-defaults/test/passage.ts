import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';

/** A port that nobody listens on at the moment. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The way to a server that others use too, so that it cannot be taken away itself. While it is shut, connections are refused. */
export class Passage {
  #door: Server | undefined;

  private constructor(
    private readonly to: { readonly host: string; readonly port: number },
    readonly port: number,
  ) {}

  /** Shut at first. @param address host:port */
  static async to(address: string): Promise<Passage> {
    const { hostname, port } = new URL(`tcp://${address}`);
    return new Passage({ host: hostname, port: Number(port) }, await unusedPort());
  }

  /** @param connectionsMax shuts itself after so many; they themselves stay */
  async open({ connectionsMax = Infinity } = {}): Promise<void> {
    let left = connectionsMax;
    this.#door = createServer((near) => {
      left -= 1;
      if (left <= 0) this.shut();
      const far = connect(this.to);
      near.pipe(far).pipe(near);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
    this.#door.listen(this.port, '127.0.0.1');
    await once(this.#door, 'listening');
  }

  shut(): void {
    this.#door?.close();
  }
}
