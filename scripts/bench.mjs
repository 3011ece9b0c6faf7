/** `npm run bench [-- <arguments of bench/main.ts>]`: servers of its own, durable as in production, then the benches. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from './lib/entry.mjs';
import { ensureDependencies } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { createProgress, Refusal } from './lib/progress.mjs';
import { startServices } from './lib/services.mjs';

// Everything of ours to stderr: with --json, stdout belongs to the result.
const progress = createProgress({ json: true });

await runScript(progress, async ({ onStop }) => {
  if (!existsSync(join(root, 'bench/main.ts'))) throw new Refusal('There is no bench/main.ts in this clone.');
  await ensureDependencies(progress);
  const services = await startServices({
    dir: mkdtempSync(join(tmpdir(), 'signalbox-bench-')),
    ephemeral: true,
    database: 'signalbox_bench',
    // Without the buffer pool of a real server, the figures would be of the disk.
    flags: { mariadb: ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M'] },
    progress,
  });
  onStop(services.stop);
  const server = new URL(services.databaseUrl);
  server.pathname = '';
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_DATABASE_URL: server.href, TEST_REDIS_URL: services.redisUrl },
  });
  onStop(async () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return code ?? 1;
});
