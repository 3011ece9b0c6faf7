import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { z } from 'zod';

const program = fileURLToPath(new URL('./web-service.mjs', import.meta.url));
const artifact = z.object({ id: z.string() });

export interface Version {
  version: string;
  /** Every so many requests one fails; null = none does. */
  failEvery: number | null;
}

/** Packs a version of the service and sends it. @returns the artifact's id */
export async function sendVersion(
  { url, token, path }: { url: string; token: string; path: string },
  dir: string,
  version: Version,
): Promise<string> {
  const folder = join(dir, `version-${version.version}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(program, join(folder, 'server.mjs'));
  writeFileSync(join(folder, 'version.json'), `${JSON.stringify(version)}\n`);
  const file = `${folder}.tar.gz`;
  await create({ gzip: true, cwd: folder, file }, ['server.mjs', 'version.json']);
  const body = readFileSync(file);
  const query = new URLSearchParams({ version: version.version, committedAt: new Date().toISOString() });
  const response = await fetch(`${url}/api/v1${path}/files?${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'x-checksum-sha256': createHash('sha256').update(body).digest('hex'),
    },
    body,
  });
  if (!response.ok) throw new Error(`the artifact was refused: ${response.status} ${await response.text()}`);
  return artifact.parse(await response.json()).id;
}
