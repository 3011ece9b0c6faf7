import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root, tool } from '../lib/paths.mjs';

/** Each line breaks exactly the rule it names, by an import of `to` written as `text` in `from`. */
const violations = [
  ['layer-domain', 'src/domain/order.ts', "import type { Clerk } from '../services/clerk.ts';"],
  ['layer-engine', 'src/engine/claim.ts', "import { clerk } from '../services/clerk.ts';"],
  ['layer-services', 'src/services/sell.ts', "export * from '../api/shop.ts';"],
  ['layer-platform', 'src/platform/clock.ts', "import '../engine/run.ts';"],
  ['layer-db', 'src/db/client.ts', "export { run } from '../engine/run.ts';"],
  ['layer-integrations-providers', 'src/integrations/providers/alpha/index.ts', "import type { Clerk } from '../../../services/clerk.ts';"],
  ['layer-integrations-kit', 'src/integrations/kit/http.ts', "import '../providers/beta/index.ts';"],
  ['layer-integrations-capabilities', 'src/integrations/capabilities/ci.ts', "import '../../engine/run.ts';"],
  ['layer-api', 'src/api/shop.ts', "import '../workers/worker.ts';"],
  ['layer-workers', 'src/workers/task.ts', "import '../integrations/providers/beta/index.ts';"],
  ['layer-scheduler', 'src/scheduler/tick.ts', "const later = await import('../api/other.ts');"],
  ['one-provider', 'src/integrations/providers/alpha/client.ts', "import type { Beta } from '../beta/index.ts';"],
  ['nobody-imports-main', 'src/services/boot.ts', "import '../main/api.ts';"],
  ['pure-domain', 'src/domain/read.ts', "import { readFileSync } from 'node:fs';"],
  ['production-alone', 'src/platform/fake.ts', "import '../../test/fakes/fake.ts';"],
  ['package-drizzle-orm', 'src/workers/query.ts', "import { eq } from 'drizzle-orm';"],
  ['package-bullmq', 'src/services/queue.ts', "import type { Queue } from 'bullmq';"],
  ['package-hono', 'src/platform/server.ts', "import { Hono } from 'hono';"],
  ['package-bullmq', 'src/api/routes/releases.ts', "import { Queue } from 'bullmq';"],
  ['declared-packages', 'src/platform/tool.ts', "import { test } from 'vitest';"],
  ['resolvable', 'src/platform/typo.ts', "import './nothing-here.ts';"],
] as const;

const allowed = {
  'src/services/clerk.ts': "import type { Run } from '../engine/run.ts';\nexport type Clerk = Run;\nexport const clerk = 1;",
  'src/engine/run.ts': "import { createHash } from 'node:crypto';\nexport type Run = ReturnType<typeof createHash>;\nexport const run = 1;",
  'src/api/other.ts': "import { clerk } from '../services/clerk.ts';\nexport const other = clerk;",
  'src/api/routes/queues-board.ts': "import { Queue } from 'bullmq';\nimport { Hono } from 'hono';\nexport const board = [Queue, Hono];",
  'src/workers/worker.ts': "import { Worker } from 'bullmq';\nexport const worker = Worker;",
  'src/integrations/providers/beta/index.ts': "import type { Http } from '../../kit/client.ts';\nexport type Beta = Http;",
  'src/integrations/providers/beta/index.test.ts': "import '../../../../test/fakes/fake.ts';\nimport { test } from 'vitest';\ntest.each;",
  'src/integrations/kit/client.ts': 'export type Http = string;',
  'src/main/api.ts': "import { other } from '../api/other.ts';\nconsole.log(other, process.argv);",
  'test/fakes/fake.ts': 'export const fake = 1;',
};

let clean: string[];
let found: string[];
let cycle: string[];
const directories: string[] = [];

/** Writes a little repository and returns the violations as `rule from`. */
function cruise(files: Record<string, string>): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-rules-'));
  directories.push(dir);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), `${text}\n`);
  }
  for (const shared of ['node_modules', 'package.json']) symlinkSync(join(root, shared), join(dir, shared));
  const args = [...['src', 'test'].filter((folder) => Object.keys(files).some((path) => path.startsWith(`${folder}/`)))];
  const options = ['--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(tool('depcruise'), [...args, ...options], { cwd: dir, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (!stdout.startsWith('{')) throw new Error(stderr || stdout);
  return JSON.parse(stdout).summary.violations.map(
    (violation: { rule: { name: string }; from: string }) => `${violation.rule.name} ${violation.from}`,
  );
}

beforeAll(() => {
  clean = cruise(allowed);
  found = cruise({ ...allowed, ...Object.fromEntries(violations.map(([, from, text]) => [from, text])) });
  cycle = cruise({
    'src/engine/a.ts': "import type { B } from './b.ts';\nexport type A = B;",
    'src/engine/b.ts': "import type { A } from './a.ts';\nexport type B = A;",
  });
});

afterAll(() => {
  for (const dir of directories) rmSync(dir, { recursive: true, force: true });
});

it('finds nothing where every import is allowed', () => {
  expect(clean).toEqual([]);
});

it.each(violations)('reports %s in %s', (rule, from) => {
  expect(found).toContain(`${rule} ${from}`);
});

it('reports nothing in files that break no rule', () => {
  const guilty = new Set<string>(violations.map(([, from]) => from));

  expect(found.filter((line) => !guilty.has(line.split(' ')[1] ?? ''))).toEqual([]);
});

it('reports a cycle made of type imports alone', () => {
  expect(cycle).toContainEqual(expect.stringMatching(/^no-cycles src\/engine\/[ab]\.ts$/));
});
