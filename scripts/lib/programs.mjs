import { findBinary } from './binaries.mjs';
import { installServers } from './packages.mjs';

/** Real programs that contract tests start as private instances: name of the binary → its entry in packages.mjs. */
const programs = { haproxy: 'haproxy', nginx: 'nginx', prometheus: 'prometheus', sshd: 'sshd', faketime: 'faketime' };

/** The path of an installed program; null = tests of it are skipped and say so. */
export const findProgram = (name) => findBinary(name);

/** Installs those that are missing, one by one, so that one that cannot be had keeps none of the others away. */
export async function ensurePrograms(progress) {
  for (const [name, entry] of Object.entries(programs)) {
    if (findProgram(name) !== null) continue;
    const installed = await installServers([entry], progress);
    if (!installed || findProgram(name) === null) progress.warn(`no ${name}: its tests are skipped`);
  }
}
