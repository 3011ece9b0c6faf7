import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../service-error.ts';
import { readMigrations } from './read-migrations.ts';

/** A `.tar.gz` of these files, and of links to these paths. */
function archive(files: Record<string, string>, links: Record<string, string> = {}): Buffer {
  const blocks = Object.entries(files).flatMap(([path, text]) => {
    const body = Buffer.from(text);
    const header = new Header({ path, size: body.length, type: 'File', mode: 0o644, mtime: new Date(0) });
    const block = Buffer.alloc(512);
    header.encode(block);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  const linked = Object.entries(links).map(([path, linkpath]) => {
    const block = Buffer.alloc(512);
    new Header({ path, linkpath, size: 0, type: 'SymbolicLink', mode: 0o777, mtime: new Date(0) }).encode(block);
    return block;
  });
  return gzipSync(Buffer.concat([...blocks, ...linked, Buffer.alloc(1024)]));
}

async function* pieces(bytes: Buffer, size = 100): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const problemsOf = async (bytes: Buffer) => {
  const error: unknown = await readMigrations(pieces(bytes)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof ServiceError ? error.problems : error;
};

describe('migrations of an archive', () => {
  it('are the SQL files of its folder, with the class that their first line says', async () => {
    const found = await readMigrations(
      pieces(
        archive({
          'server.mjs': '-- signalbox: expand\n',
          'migrations/0001_a.sql': '-- signalbox: expand\nCREATE TABLE a (id INT);\n',
          './migrations/0002_b.sql': '--signalbox:contract\nDROP TABLE a;\n',
          'migrations/README.md': 'words',
          'migrations/old/0000.sql': 'SELECT 1;',
        }),
      ),
    );

    expect(found).toEqual([
      { name: '0001_a.sql', class: 'expand', sql: '-- signalbox: expand\nCREATE TABLE a (id INT);\n' },
      { name: '0002_b.sql', class: 'contract', sql: '--signalbox:contract\nDROP TABLE a;\n' },
    ]);
  });

  it('are none where there is no such folder', async () => {
    expect(await readMigrations(pieces(archive({ 'server.mjs': '1' })))).toEqual([]);
  });

  it('that do not say their class are named, all at once', async () => {
    const bytes = archive({ 'migrations/a.sql': 'SELECT 1;\n', 'migrations/b.sql': '-- signalbox: maybe\nSELECT 1;\n' });

    expect(await problemsOf(bytes)).toEqual(
      ['a', 'b'].map((name) => ({ field: `/migrations/${name}.sql`, message: expect.stringContaining('must say its class') })),
    );
  });

  it('are never left out by their name, nor because they are a link', async () => {
    const sql = '-- signalbox: expand\nSELECT 1;\n';
    const names = ['0002 add.sql', '_0003.sql', '0004.SQL'];
    const bytes = archive({ 'migrations/0001.sql': sql, ...Object.fromEntries(names.map((name) => [`migrations/${name}`, sql])) });
    const link = archive({}, { 'migrations/0005.sql': '../shared/0005.sql' });

    expect(await problemsOf(bytes)).toEqual(
      names.map((name) => ({ field: `/migrations/${name}`, message: expect.stringContaining('must be a file called') })),
    );
    expect(await problemsOf(link)).toEqual([{ field: '/migrations/0005.sql', message: expect.stringContaining('must be a file called') }]);
  });

  it('are no more together than one row can hold', async () => {
    const sql = `-- signalbox: expand\n${'x'.repeat(900_000)}`;
    const files = Object.fromEntries([...'abcdefghi'].map((name) => [`migrations/${name}.sql`, sql]));

    expect(await problemsOf(archive(files))).toEqual([{ field: '/migrations/i.sql', message: expect.stringContaining('bytes in all') }]);
  });

  it('of what is no archive, or of half of one, are refused', async () => {
    const whole = archive({ 'migrations/a.sql': `-- signalbox: expand\n${'x'.repeat(5000)}`, 'b.bin': 'y'.repeat(20_000) });
    const refused = [{ field: '/', message: expect.stringContaining('is no .tar.gz archive') }];

    expect(await problemsOf(Buffer.from('hello, this is no archive at all'))).toEqual(refused);
    expect(await problemsOf(whole.subarray(0, whole.length / 2))).toEqual(refused);
  });
});
