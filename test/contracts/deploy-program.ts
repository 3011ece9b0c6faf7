import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import type { Workload } from '../../src/integrations/capabilities/deploy-target.ts';

/** A small program as an archive, and what can be seen of it when it runs. */

export interface Archive {
  bytes: Buffer;
  /** `sha256:…` */
  digest: string;
}

/** Answers every request with what it is; `hello.mjs` is the file that a target's command names. */
const server = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const version = readFileSync(new URL('version', import.meta.url), 'utf8');
const told = JSON.stringify({ pid: process.pid, version, argv: process.argv, env: process.env });
createServer((_request, response) => response.end(told)).listen(Number(process.env.PORT), '127.0.0.1');
if (process.env.DEAF) process.on('SIGTERM', () => undefined);
`;

export const serverArchive = (version: string): Archive => archiveOf({ 'hello.mjs': server, version });
export const brokenArchive = (): Archive => archiveOf({ 'hello.mjs': 'process.exit(3);', version: 'broken' });

/** @param entries content by path; an object describes a header that archives of honest people do not have */
export function archiveOf(entries: Record<string, string | { type: 'SymbolicLink' | 'Link' | 'FIFO'; linkpath?: string }>): Archive {
  const blocks = Object.entries(entries).flatMap(([path, content]) => {
    const isFile = typeof content === 'string';
    const body = Buffer.from(isFile ? content : '');
    const header = new Header({ path, mode: 0o755, size: body.length, mtime: new Date(0), type: 'File', ...(isFile ? {} : content) });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  const bytes = gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

export const opening = ({ bytes }: Pick<Archive, 'bytes'>): Workload['open'] => {
  return async () => ({ body: new Blob([new Uint8Array(bytes)]).stream(), sizeBytes: bytes.length });
};

export interface Told {
  pid: number;
  version: string;
  argv: string[];
  env: Record<string, string>;
}

/** What the program at the address says of itself; null = nobody answers. */
export async function ask(address: string | undefined): Promise<Told | null> {
  if (address === undefined) return null;
  try {
    const response = await fetch(`http://${address}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as Told;
  } catch {
    return null;
  }
}

/** The command lines of every process of this machine. */
export function commandLines(): string {
  const lines = readdirSync('/proc').map((name) => {
    if (!/^\d+$/.test(name)) return '';
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1');
    } catch {
      return '';
    }
  });
  return lines.join('\n');
}
