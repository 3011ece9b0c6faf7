import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/**
 * The vendors' own API descriptions as a peer: it checks every request and says whether a body fits. The descriptions live beside the
 * repository (`SPEC_DIR` names their folder, else `../shared/contracts`) and have dependencies of their own, so they are copied once
 * into the temp directory and installed there.
 */

export type SpecProvider =
  | 'github'
  | 'gitlab'
  | 'bitbucket'
  | 'jenkins'
  | 'jira'
  | 'asana'
  | 'clickup'
  | 'slack'
  | 'checkmate'
  | 'asc'
  | 'play'
  | 'ofrep'
  | 'k8s';

export interface SpecViolation {
  method: string;
  path: string;
  operationId?: string;
  violations: { code: string; in: string; name: string; message: string }[];
}

/** An answer queued for an operation; see the README of the contracts folder. */
export interface SpecAnswer {
  operationId?: string;
  method?: string;
  path?: string;
  status?: number;
  body?: unknown;
  /** Laid over the description's example. */
  patch?: Record<string, unknown>;
  headers?: Record<string, string>;
  times?: number;
  delayMs?: number;
  drop?: boolean;
  /** Allow a status the description does not name. */
  undocumented?: boolean;
}

export interface SpecPeer {
  readonly origin: string;
  /** Requests that did not fit the description. */
  readonly violations: SpecViolation[];
  respond(answer: SpecAnswer): unknown;
  /** What is wrong with somebody's answer; `null` when it fits. */
  checkResponse(method: string, path: string, status: number, body: unknown): string[] | null;
  /** Operations asked for so far. */
  coverage(): { id: string; method: string; path: string; hits: number }[];
  close(): Promise<void>;
}

interface SpecProxyModule {
  createSpecProxy(options: { provider: string }): Promise<SpecPeer>;
}

const INSTALL_TIMEOUT_MS = 240_000;
const run = promisify(execFile);

/** `null` where the descriptions are absent or cannot be installed (a user's machine); under CI that is an error. */
export async function openSpecPeer(provider: SpecProvider): Promise<SpecPeer | null> {
  const proxy = (await contractsModule('spec-proxy.mjs')) as SpecProxyModule | null;
  return proxy === null ? null : proxy.createSpecProxy({ provider });
}

/** A module of the contracts folder (`graphql-proxy.mjs` plays Linear and monday); `null` like `openSpecPeer`. */
export async function contractsModule(file: string): Promise<unknown> {
  const source = contractsFolder();
  try {
    const folder = await installedCopy(source);
    return await importNatively(pathToFileURL(join(folder, file)).href);
  } catch (cause) {
    if (process.env.CI) throw new Error('the API descriptions of the vendors are not available', { cause });
    console.warn(`skipping checks against the vendors' API descriptions: ${cause instanceof Error ? cause.message : String(cause)}`);
    return null;
  }
}

const NATIVE_IMPORT: string = 'data:text/javascript,export const load = (url) => import(url)';

/** Past the loader of the test runner, which would give the module other copies of its dependencies than these give each other. */
async function importNatively(url: string): Promise<unknown> {
  const native = (await import(NATIVE_IMPORT)) as { load(url: string): Promise<unknown> };
  return native.load(url);
}

function contractsFolder(): string {
  const specs = process.env.SPEC_DIR;
  if (specs) return dirname(resolve(specs));
  const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  return resolve(repository, '../shared/contracts');
}

/** Installs under another name and renames, so that a copy that exists is complete; the lock directory keeps parallel runs apart. */
async function installedCopy(source: string): Promise<string> {
  const hash = createHash('sha256').update(source);
  for (const file of ['package-lock.json', 'spec-proxy.mjs', 'graphql-proxy.mjs']) hash.update(await readFile(join(source, file)));
  const folder = join(tmpdir(), `signalbox-contracts-${process.getuid?.() ?? 'user'}-${hash.digest('hex').slice(0, 12)}`);
  const lock = `${folder}.lock`;
  const giveUpAt = Date.now() + INSTALL_TIMEOUT_MS;
  while (!(await isDirectory(folder))) {
    if (await takeLock(lock)) {
      try {
        if (!(await isDirectory(folder))) await install(source, folder);
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
    } else if (Date.now() > giveUpAt) {
      throw new Error(`another run has held ${lock} for too long`);
    } else {
      await delay(200);
    }
  }
  return folder;
}

async function install(source: string, folder: string): Promise<void> {
  const building = `${folder}.building`;
  await rm(building, { recursive: true, force: true });
  await copyFiles(source, building);
  await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: building,
    timeout: INSTALL_TIMEOUT_MS - 10_000,
  });
  await rename(building, folder);
}

/** File by file: the source may be read-only, its folders' modes must not be copied. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    if (entry.isDirectory()) await copyFiles(join(from, entry.name), join(to, entry.name));
    else await copyFile(join(from, entry.name), join(to, entry.name));
  }
}

/** A lock whose holder was killed is taken over once it is older than any install may last. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock, { mode: 0o700 });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const age = await stat(lock).then(
      (info) => Date.now() - info.mtimeMs,
      () => 0,
    );
    if (age > INSTALL_TIMEOUT_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }
}

/** Somebody else's folder of that name in the shared temp directory is not ours to run. */
async function isDirectory(path: string): Promise<boolean> {
  const uid = process.getuid?.();
  return stat(path).then(
    (info) => info.isDirectory() && (uid === undefined || info.uid === uid),
    () => false,
  );
}
