/**
 * `npm start`: from a fresh clone to a running Signalbox that has just driven one sample release to its end.
 *
 *   --exit      stop everything after the sample release; exit code 0 only if it is COMPLETED
 *   --json      the last line of stdout is one JSON object, everything else goes to stderr
 *   --demo X    what is shown: release (a sample release, the default), deploy (services behind HAProxy, measured by Prometheus)
 *   --scm X     where the sample keeps its code: github, gitlab, bitbucket
 *   --ci X      what builds it: github, gitlab, jenkins
 *   --tracker X where its tickets are: jira, linear, asana, monday, clickup
 *   --stores    release to Google Play and the App Store, too
 *   --fresh     begin with empty data
 *   --verbose   show what the processes log (else in .data/logs)
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApplication, lastLines, parseObject, waitUntilReady } from './lib/application.mjs';
import { createDeployDemo } from './lib/deploy-demo.mjs';
import { runScript } from './lib/entry.mjs';
import { writeEnvironment } from './lib/environment-file.mjs';
import { ensureDependencies } from './lib/install.mjs';
import { encryptionKeys } from './lib/keys.mjs';
import { root } from './lib/paths.mjs';
import { apiPort } from './lib/ports.mjs';
import { createProgress, Refusal } from './lib/progress.mjs';
import { createReleaseDemo } from './lib/release-demo.mjs';
import { startServices } from './lib/services.mjs';
import { claimClone } from './lib/single-start.mjs';

const dataDirectory = join(root, '.data');
const environmentFile = join(dataDirectory, 'env');
/** As `sandbox/hosts/host.ts` and `sandbox/trackers/tracker.ts` know them; the first is taken where none is named. */
const choices = {
  scm: ['github', 'gitlab', 'bitbucket'],
  ci: ['github', 'gitlab', 'jenkins'],
  tracker: ['jira', 'linear', 'asana', 'monday', 'clickup'],
  demo: ['release', 'deploy'],
};
const options = readOptions();
const progress = createProgress({ json: options.json });
const demo = (options.demo === 'deploy' ? createDeployDemo : createReleaseDemo)({ options, progress });

await runScript(progress, async ({ onStop, interrupted }) => {
  if (options.wrong) throw new Refusal(options.wrong);
  const letGo = await claimClone(join(dataDirectory, 'start.pid'));
  onStop(async () => letGo());
  await ensureDependencies(progress);
  if (options.fresh) wipeData();

  let failed = () => {};
  const crashed = new Promise((_, reject) => {
    failed = (name, child) => reject(new Refusal(`${name} ended unexpectedly:\n${lastLines(child.tail)}`));
  });
  // It is raced below; until then a crash must not count as unhandled.
  crashed.catch(() => {});

  progress.step('starting database and Redis');
  const services = await startServices({ dir: join(dataDirectory, 'services'), progress });
  onStop(services.stop);
  onStop(demo.remove);
  const application = createApplication({
    logs: join(dataDirectory, 'logs'),
    progress,
    verbose: options.verbose,
    onUnexpectedExit: (name, child) => failed(name, child),
  });
  onStop(application.stop);
  const running = await Promise.race([startProcesses(application, services), crashed]);
  onStop(writeEnvironment(environmentFile, shellVariables(running)));
  const result = await Promise.race([runDemo(application, running.env), crashed]);

  if (!options.exit) sayWhereThingsAre(running, result);
  if (options.json) process.stdout.write(`${JSON.stringify(demo.publicResult(result))}\n`);
  if (options.exit) return result.status === demo.success ? 0 : 1;
  await Promise.race([crashed, new Promise((resolve) => interrupted.addEventListener('abort', resolve))]);
  return 0;
});

async function startProcesses(application, services) {
  const port = await apiPort();
  const url = `http://127.0.0.1:${port}`;
  const common = {
    ...process.env,
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    SIGNALBOX_KEYS: encryptionKeys(join(dataDirectory, 'keys')),
    HOST: process.env.HOST || '127.0.0.1',
    PUBLIC_URL: process.env.PUBLIC_URL || url,
    SIGNALBOX_URL: url,
    METRICS_PORT: '0',
    ARTIFACTS_DIR: process.env.ARTIFACTS_DIR || join(dataDirectory, 'artifacts'),
  };
  progress.step('migrating the database');
  const [{ variables, forTheShell }] = await Promise.all([
    demo.prepare({ application, env: common }),
    application.finish('migrate', 'src/main/migrate.ts', common),
  ]);
  const env = { ...common, ...variables };

  progress.step('starting api, scheduler and worker');
  const api = application.start('api', 'src/main/api.ts', { env: { ...env, PORT: String(port) } });
  application.start('scheduler', 'src/main/scheduler.ts', { env });
  application.start('worker', 'src/main/worker.ts', { env });
  await waitUntilReady('api', `${url}/readyz`, api);
  progress.ok(`api listens on ${url}`);
  return { env, url, forTheShell };
}

/** What the admin command line needs, and where the API and the demo's things are: ports and keys are this clone's own. */
function shellVariables({ env, url, forTheShell }) {
  const { DATABASE_URL, REDIS_URL, SIGNALBOX_KEYS } = env;
  return { DATABASE_URL, REDIS_URL, SIGNALBOX_KEYS, SIGNALBOX_URL: url, ...forTheShell };
}

/** The demo's lines are shown as they come; its last line is its result. */
async function runDemo(application, env) {
  progress.step(demo.title);
  let result = null;
  const child = application.start('demo', demo.entry, {
    env,
    log: false,
    onLine(line) {
      const value = parseObject(line);
      if (value !== null && 'status' in value) result = value;
      else progress.raw(line);
    },
  });
  await child.exited;
  if (result === null) throw new Refusal(`the demo gave no result:\n${lastLines(child.tail)}`);
  if (result.status === demo.success) progress.ok(demo.summary(result));
  else progress.fail(demo.summary(result));
  return result;
}

function sayWhereThingsAre({ url, forTheShell }, result) {
  const { shown, paths } = demo.places(result, forTheShell);
  const { token } = result;
  const lines = Object.entries(shown).map(([name, place]) => `  ${name.padEnd(15)}${place}`);
  const requests = paths.map((path) => `  curl -s -H 'Authorization: Bearer ${token}' ${url}${path}`);
  progress.raw(`
  API            ${url}
  API reference  ${url}/docs
  Bull Board     ${url}/admin/queues  (token: . ${environmentFile} && npm run -s admin -- operator add --name you)
${lines.join('\n')}
  Token          ${token}
  Logs           ${join(dataDirectory, 'logs')}
  Command line   . ${environmentFile} && npm run -s admin -- --help

${requests.join('\n')}

  Ctrl-C stops everything.
`);
}

function wipeData() {
  rmSync(join(dataDirectory, 'services'), { recursive: true, force: true });
  rmSync(join(dataDirectory, 'keys'), { force: true });
  rmSync(join(dataDirectory, 'logs'), { recursive: true, force: true });
  rmSync(join(dataDirectory, 'artifacts'), { recursive: true, force: true });
  if (process.env.DATABASE_URL) progress.warn('--fresh leaves the database of DATABASE_URL as it is');
}

function readOptions() {
  const flag = { type: 'boolean', default: false };
  const chosen = Object.fromEntries(Object.entries(choices).map(([name, [first]]) => [name, { type: 'string', default: first }]));
  const refuse = (words) => ({
    wrong: `${words}. Known options: --demo --scm --ci --tracker --stores --exit --json --fresh --verbose.`,
    json: process.argv.includes('--json'),
  });
  try {
    const values = parseArgs({ options: { ...chosen, stores: flag, exit: flag, json: flag, fresh: flag, verbose: flag } }).values;
    for (const [name, known] of Object.entries(choices)) {
      if (!known.includes(values[name])) return refuse(`--${name} is one of ${known.join(', ')}, not "${values[name]}"`);
    }
    return values;
  } catch (error) {
    return refuse(error.message.split('. ')[0]);
  }
}
