/**
 * `npm test [-- <vitest arguments>]`: everything CI runs, on servers of its own. The last line is `N passed, N failed`,
 * with `, N skipped` when there are some; exit code 0 only when something ran and nothing failed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './lib/child.mjs';
import { runScript } from './lib/entry.mjs';
import { removeAtEnd } from './lib/guard.mjs';
import { ensureDependencies } from './lib/install.mjs';
import { root, tool } from './lib/paths.mjs';
import { ensurePrograms } from './lib/programs.mjs';
import { createProgress } from './lib/progress.mjs';
import { startMysql, startServices } from './lib/services.mjs';
import { countTests, secondTries, summaryLine } from './lib/test-report.mjs';

const progress = createProgress();
const args = process.argv.slice(2);

/** For servers that nobody kills and that end with the run: hundreds of databases come and go, and a table need not be a file for that, nor wait for the disk. */
const passing = ['--innodb-file-per-table=OFF', '--innodb-flush-log-at-trx-commit=2', '--innodb-doublewrite=OFF'];

await runScript(progress, async ({ onStop }) => {
  await ensureDependencies(progress);
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  removeAtEnd(dir);
  onStop(async () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));

  // A run of chosen files is somebody working on them; CI and a plain `npm test` check everything.
  const checked = args.length === 0 || process.env.CI ? await runChild(process.execPath, [join(root, 'scripts/check.mjs')]) : 0;

  await ensurePrograms(progress);
  const env = { ...process.env, ...(await testServices(dir, onStop)) };
  const report = join(dir, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  progress.step(`vitest ${args.join(' ')}`);
  const tested = await runChild(tool('vitest'), ['run', ...reporters, ...args], env);

  const results = readReport(report);
  const count = countTests(results);
  for (const words of secondTries(results)) progress.warn(`passed at its second try: ${words}`);
  if (checked !== 0) progress.fail('npm run check failed, see above');
  if (count.passed + count.failed === 0) progress.fail('no test ran');
  progress.raw(summaryLine(count));
  return checked === 0 && tested === 0 && count.failed === 0 && count.passed > 0 ? 0 : 1;

  async function runChild(command, words, childEnv = process.env) {
    const child = startChild(command, words, { cwd: root, env: childEnv, onLine: (line) => progress.raw(line) });
    onStop(child.stop);
    return (await child.exited).code ?? 1;
  }
});

/** Where the tests find their servers. The servers of the machine are never touched, unless its owner names them. */
async function testServices(dir, onStop) {
  progress.step('starting servers for this run');
  const flags = { mariadb: passing };
  const services = await startServices({ dir: join(dir, 'services'), ephemeral: true, flags, database: 'signalbox_test', progress });
  onStop(services.stop);
  const mysql = await startMysql({ dir: join(dir, 'mysql'), flags: passing, progress }).catch((error) => {
    progress.warn(`no MySQL, tests run on one server alone: ${error.message}`);
    return null;
  });
  if (mysql !== null) onStop(mysql.stop);
  progress.ok(`tests run on ${mysql === null ? 'one database server' : 'MariaDB and MySQL'}`);
  const server = new URL(services.databaseUrl);
  server.pathname = '';
  return { TEST_DATABASE_URL: server.href, TEST_REDIS_URL: services.redisUrl, ...(mysql && { TEST_MYSQL_URL: mysql.url }) };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}
