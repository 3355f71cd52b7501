import { lastLines, type ServerProcess } from './server-process.js';
import type { Progress } from './progress.js';

/** A server of our own that can be killed and revived on its ports and data. */
export interface LocalServer {
  stop(): Promise<void>;
  kill(): Promise<void>;
  revive(): Promise<void>;
}

/** @param launch starts it, on the same ports and data every time, and returns when it answers */
export async function localServer(
  { name, logFiles, progress }: { name: string; logFiles: readonly string[]; progress: Progress },
  launch: () => Promise<ServerProcess>,
): Promise<LocalServer> {
  /** The running one; undefined between kill and revive and after stop. */
  let running: ServerProcess | undefined;
  const start = async (): Promise<void> => {
    const started = await launch();
    running = started;
    void started.ended.then((how) => {
      if (running !== started) return;
      running = undefined;
      progress(`${name} ended by itself (${how}). ${lastLines(logFiles)}`);
    });
  };
  const take = (): ServerProcess | undefined => {
    const taken = running;
    running = undefined;
    return taken;
  };
  await start();
  return {
    stop: async () => take()?.stop(),
    kill: async () => take()?.kill(),
    revive: async () => {
      if (!running) await start();
    },
  };
}
