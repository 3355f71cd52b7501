import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Originals up to this size lie in their database row; larger ones, and every attachment, are files. */
export const ROW_BYTES_MAX = 256 * 1024;

/** Files named by the SHA-256 of their content, in two levels of folders. Several instances need one shared volume. */
export class FileStore {
  constructor(private readonly folder: string) {}

  pathOf(sha256: string): string {
    return join(this.folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }

  /** Resolves when the content is on the disk under its hash, whatever happens to this process afterwards. The same content is kept once. */
  async keep(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = this.pathOf(sha256);
    const known = await stat(path).catch(() => undefined);
    // A file has its final name only after its content was synced.
    if (known?.size !== bytes.length) await write(path, bytes);
    // The name, and the folders that may be new, must survive a power cut too.
    for (const folder of [dirname(path), dirname(dirname(path)), this.folder]) await syncFolder(folder);
    return sha256;
  }

  /** An original as its row wants it: the bytes themselves, or the hash of the file they are in. */
  async original(bytes: Buffer): Promise<{ bytes?: Buffer; sha256?: string; sizeBytes: number }> {
    return bytes.length <= ROW_BYTES_MAX ? { bytes, sizeBytes: bytes.length } : { sha256: await this.keep(bytes), sizeBytes: bytes.length };
  }
}

/** All or nothing: under a temporary name until the content is on the disk. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o640);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
