import { statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { root } from './paths.mjs';
import { Refusal } from './progress.mjs';

/** npm's own record of what it has installed, written last: an install that broke off has none. */
const installed = join(root, 'node_modules/.package-lock.json');
const lockfile = join(root, 'package-lock.json');

/**
 * Installs the dependencies when they are missing or the lockfile has changed since. `npm ci`, because it installs what
 * was tested; where it refuses, as it does when a registry lacks a package for a platform nobody here has, `npm install`.
 */
export async function ensureDependencies(progress) {
  requireNode();
  if (isCurrent()) return;
  progress.step('installing dependencies (npm ci)');
  const ci = await npm('ci');
  if (ci.code !== 0) {
    const reason = /npm error (Missing: .*|notarget.*|.*E404.*|.*not in sync.*)/.exec(ci.output)?.[1] ?? `exit code ${ci.code}`;
    progress.warn(`npm ci refused (${reason.trim()}); trying npm install`);
    const install = await npm('install');
    if (install.code !== 0) throw new Refusal(`Dependencies could not be installed:\n${tail(install.output)}`);
  }
  progress.ok('dependencies installed');
}

/** `include=dev`: a production NODE_ENV in the user's shell must not leave out what start and test need. */
function npm(command) {
  return run('npm', [command, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
}

/** `npm install` writes both files, in either order: a few seconds between them mean nothing. */
function isCurrent() {
  const record = statSync(installed, { throwIfNoEntry: false });
  const lock = statSync(lockfile, { throwIfNoEntry: false });
  return record !== undefined && record.mtimeMs + 5000 >= (lock?.mtimeMs ?? 0);
}

const tail = (output) => output.trim().split('\n').slice(-10).join('\n');

/** Before anything that would fail with a syntax error or a stack instead. */
function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(
    `Signalbox needs Node 20.19 or later; this is ${process.version}. Install a current LTS version of Node and run this again.`,
  );
}
