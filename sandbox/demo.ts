import { fileURLToPath } from 'node:url';
import { configure } from './demo/configs.ts';
import { connect } from './demo/connections.ts';
import { follow } from './demo/follow.ts';
import { findOrCreateIdentity, keep } from './demo/identity.ts';
import { callOff, createRelease, readPast } from './demo/release.ts';
import { type SandboxClient, sandboxAt, sandboxLine } from './demo/sandbox-client.ts';
import { type Say, sayOn } from './demo/say.ts';
import { setUpWebhooks } from './demo/webhooks.ts';
import { nameOf } from './hosts/host.ts';

/**
 * Seeds the demo tenant of a running Signalbox and drives one sample release against the running sandbox. The last line of stdout is the
 * result as JSON; it exits 0 only for COMPLETED.
 *
 * SIGNALBOX_URL: the API. SANDBOX: the line the sandbox printed. DATABASE_URL and the rest of Signalbox's own variables: for the admin
 * command line. DEMO_STATE: the file with what is kept for the next start. DEMO_TIMEOUT_SECONDS. DEMO_QUIET: no progress.
 */

const url = required('SIGNALBOX_URL').replace(/\/+$/, '');
const { control, ...access } = sandboxLine.parse(JSON.parse(required('SANDBOX')));
const stateFile = process.env.DEMO_STATE || fileURLToPath(new URL('../.data/demo.json', import.meta.url));
const timeoutMs = Number(process.env.DEMO_TIMEOUT_SECONDS || 180) * 1000;
const say = sayOn(process.stdout, Boolean(process.env.DEMO_QUIET));

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`the sample release could not be driven: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const sandbox = sandboxAt(control.origin);
  const { identity, isNew, owner, manager } = await findOrCreateIdentity(url, stateFile);
  const { tenantId } = identity;
  say(`${isNew ? 'created' : 'found'} the tenant Demo ${tenantId}`);

  if (identity.lastReleaseId !== null && (await callOff(owner, tenantId, identity.lastReleaseId))) {
    say('called off the release of an interrupted start');
  }
  const { nextVersion, releasedTags } = await readPast(owner, tenantId);
  await sandbox.rememberReleases(releasedTags);
  const connections = await connect(owner, tenantId, access, identity.webhookSecret);
  const names = [connections.scm, connections['ci-cd'], connections['project-management'], ...Object.values(connections.stores)].map(
    nameOf,
  );
  say(`connected ${names.join(', ')}, Checkmate and Slack, each verified`);
  const [releaseConfigId] = await Promise.all([
    configure(owner, tenantId, access, connections),
    setUpWebhooks(owner, tenantId, connections, identity.webhookSecret).then(sandbox.pointWebhooks),
  ]);

  const started = Date.now();
  const release = await createRelease(owner, tenantId, releaseConfigId, nextVersion);
  keep(stateFile, { ...identity, lastReleaseId: release.id });
  say(`created ${release.displayId}: ${nextVersion} for Android and iOS, branch ${release.branch}, two regression cycles`);
  const { status, tasks, stores } = await follow({ owner, manager, path: release.path, say, timeoutMs });
  const seconds = Number(((Date.now() - started) / 1000).toFixed(1));
  await showEffects(sandbox, say);

  const result = {
    status,
    releaseId: release.id,
    tasks,
    seconds,
    stores,
    token: identity.ownerToken,
    tenantId,
    path: `/api/v1${release.path}`,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return status === 'COMPLETED' ? 0 : 1;
}

async function showEffects(client: SandboxClient, tell: Say): Promise<void> {
  const { tracker, counts, duplicates, branches, tags, releases, tickets, stores, webhooks } = await client.effects();
  const fresh = <T extends { seeded: boolean }>(items: T[]) => items.filter(({ seeded }) => !seeded);
  const names = (items: { name: string; seeded: boolean }[]) =>
    fresh(items)
      .map(({ name }) => name)
      .join(', ');
  tell(`in the sandbox providers now (${control.origin} shows all of it):`);
  tell(
    `  code       branches ${names(branches)}; tags ${names(tags)}; releases ${releases.map(({ tag }) => tag).join(', ') || 'none'}; ${counts.runs} CI runs`,
  );
  tell(
    `  ${tracker.padEnd(10)} ${fresh(tickets)
      .map(({ key, status: state }) => `${key} ${state}`)
      .join(', ')}`,
  );
  tell(`  Checkmate  ${counts.testRuns} test runs`);
  tell(`  Slack      ${counts.messages} messages`);
  for (const { store, version, state, percent } of stores.filter(({ submissions }) => submissions > 0)) {
    tell(`  ${store.padEnd(10)} ${version} ${state}${percent === null ? '' : `, ${percent} % of the users`}`);
  }
  tell(`  webhooks   ${webhooks.sent} sent, ${webhooks.failed.length} not taken`);
  for (const words of duplicates) tell(`  not once:  ${words}`);
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    process.stderr.write(`${name} is not set; sandbox/demo.ts is started by npm start\n`);
    process.exit(2);
  }
  return value;
}
