import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Takes an exclusive lock on a file. Node has no flock; SQLite's lock is one of the kernel's, so it is gone with its process even after
 * kill -9, where a file holding a process id would have to be guessed about.
 * @returns the release, or undefined while another process (or this one) holds it
 */
export function tryLock(file: string): (() => void) | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    // 5 is SQLITE_BUSY; everything else (no lock support, disk full) must be seen.
    if ((error as { errcode?: number }).errcode === 5) return undefined;
    throw error;
  }
  return () => {
    if (database.isOpen) database.close();
  };
}

/** Waits for the lock at most `timeoutMs`. */
export async function lock(file: string, timeoutMs: number): Promise<() => void> {
  for (const until = Date.now() + timeoutMs; ;) {
    const release = tryLock(file);
    if (release) return release;
    if (Date.now() >= until) throw new Error(`another process has held ${file} for ${timeoutMs / 1000} s; is a start hanging?`);
    await delay(200);
  }
}
