import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { codeOf, ensureDirectory } from './files.ts';
import type { LocalConnection } from './identity.ts';
import { homeOf } from './places.ts';
import { baseEnvironment } from './supervision.ts';

export async function verifyLocalRunner(connection: LocalConnection, deps: AdapterDeps): Promise<Verification> {
  const problems = await machineProblems(connection, deps, false);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, account: `this machine (${hostname()})`, expiresAt: null, rateLimit: null };
}

/** What keeps services from running on this machine. Leaves the connection's directory behind, and nothing in it. */
export async function machineProblems(connection: LocalConnection, deps: AdapterDeps, hasLimits: boolean): Promise<string[]> {
  if (process.platform !== 'linux') return ['Services run on Linux only: elsewhere processes cannot be told apart.'];
  const problems: string[] = [];
  try {
    const home = homeOf(connection, deps);
    await ensureDirectory(home);
    const probe = join(home, `.probe-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    if (error instanceof ProviderError) problems.push(`${error.message}.`);
    else problems.push(`The directory of LOCAL_RUNNER_ROOT cannot be written to: ${codeOf(error) ?? 'no reason given'}.`);
  }
  if (hasLimits && !hasProgram('prlimit')) problems.push('Limits need prlimit, of the package util-linux, on this machine.');
  return problems;
}

const hasProgram = (name: string): boolean =>
  spawnSync(name, ['--version'], { env: baseEnvironment('/'), stdio: 'ignore', timeout: 5_000 }).status === 0;
