import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

/** What `git archive` makes of a commit: its id in a header of all, then every file below one folder. */
export function commitArchive({ sha, files }: { sha: string; files: ReadonlyMap<string, string> }, folder: string): Buffer {
  const comment = Buffer.from(`52 comment=${sha}\n`);
  const blocks = [
    ...entry({ path: 'pax_global_header', type: 'GlobalExtendedHeader' }, comment),
    ...entry({ path: `${folder}/`, type: 'Directory' }, Buffer.alloc(0)),
    ...[...files].flatMap(([path, content]) => entry({ path: `${folder}/${path}`, type: 'File' }, Buffer.from(content))),
  ];
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function entry(head: { path: string; type: 'File' | 'Directory' | 'GlobalExtendedHeader' }, body: Buffer): Buffer[] {
  const block = Buffer.alloc(512);
  new Header({ ...head, mode: 0o644, size: body.length, mtime: new Date(0) }).encode(block, 0);
  return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}
