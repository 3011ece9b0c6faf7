import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkDocPaths } from './doc-paths.mjs';
import { checkFileSizes } from './file-sizes.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-check-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

it('names a path in a document that the clone does not have, and the line', () => {
  write('src/engine/claim.ts', '');
  write('README.md', 'Claims are in `src/engine/claim.ts`.\nSettling is in `src/engine/settle.ts:12`; read `ARCHITECTURE.md`.\n');
  write('docs/adr/0001.md', 'See [the first](../../README.md#top) and [another](0002.md).\n');

  const missing = checkDocPaths(root);

  expect(missing).toEqual(['README.md:2: src/engine/settle.ts', 'README.md:2: ARCHITECTURE.md', 'docs/adr/0001.md:1: link to 0002.md']);
});

it('checks a path with a placeholder up to the placeholder', () => {
  write('src/workers/tasks/fork.ts', '');
  write('CONTRIBUTING.md', '`src/workers/tasks/<task-type>.ts` `src/{workers,api}` `src/wrokers/<x>/a.ts`');

  const missing = checkDocPaths(root);

  expect(missing).toEqual(['CONTRIBUTING.md:1: src/wrokers/']);
});

it('leaves words, commands, packages and code blocks alone', () => {
  write(
    'README.md',
    '`npm run api` `drizzle-orm` `application/json` `https://x.test/src/a.ts` `index.ts`\n```\nsrc/none.ts `src/none.ts`\n```\n',
  );

  const missing = checkDocPaths(root);

  expect(missing).toEqual([]);
});

it('refuses a file of 401 lines, warns from 301', () => {
  for (const lines of [300, 301, 400, 401]) write(`src/a${lines}.ts`, 'x;\n'.repeat(lines));
  mkdirSync(join(root, 'scripts'));

  const { errors, warnings } = checkFileSizes(root);

  expect(errors).toEqual([expect.stringMatching(/^src\/a401\.ts: 401 lines/)]);
  expect(warnings.sort()).toEqual(['src/a301.ts: 301 lines', 'src/a400.ts: 400 lines']);
});
