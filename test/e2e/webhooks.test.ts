import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signedHeaders } from '../fakes/github/index.ts';
import { waitFor } from '../support/wait-for.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** Nobody polls here within the life of a test: what goes on, goes on because a webhook came. */

const POLL_MS = 3_600_000;
const config = { automationRuns: false, testManagementConfigId: null };

let world: World;
let tenant: TenantWorld;
beforeAll(async () => {
  // Slow enough that a task waits by the time its run ends.
  const robots = {
    ci: { startAfterMs: 500, completeAfterMs: 700, artifactAfterMs: 300 },
    productOwner: { startAfterMs: 300, doneAfterMs: 2_500 },
  };
  world = await openWorld({ env: { POLL_INTERVAL_MS: String(POLL_MS) }, sandbox: { robots } });
  tenant = world.tenant();
});
afterAll(() => world?.stopAll());

interface StoredEvent {
  id: string;
  deliveryId: string;
  event: string;
  status: string;
  integrationId: string;
}
const events = () => tenant.owner.all<StoredEvent>(`${tenant.path}/webhook-events`);
const hook = (category: 'scm' | 'ci-cd' = 'ci-cd') => tenant.connections[category].webhookUrl ?? '';

async function send(url: string, headers: Record<string, string>, body: Buffer) {
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('ends a release whose builds and tickets are heard of by signed webhooks alone', async () => {
  const release = await tenant.createRelease({ config });

  await release.until('COMPLETED', { approving: true });

  const stored = await events();
  const sent = world.sandbox.sentWebhooks;
  expect(sent.filter(({ status }) => status !== 202)).toEqual([]);
  expect(new Set(sent.map(({ provider, event }) => `${provider} ${event}`))).toEqual(
    new Set(['github workflow_run', 'github workflow_job', 'jira jira:issue_updated']),
  );
  expect(stored).toHaveLength(sent.length);
  await waitFor(async () => (await events()).every(({ status }) => status === 'DONE' || status === 'SKIPPED'), { what: 'all to be read' });
  const waited = await Promise.all(['TRIGGER_REGRESSION_BUILDS', 'CHECK_PROJECT_RELEASE_APPROVAL'].map((type) => release.task(type)));
  for (const task of waited) expect(task.attempts.map(({ outcome }) => outcome)).toEqual(['completed']);
  expect(tenant.effects().duplicates).toEqual([]);
});

it('refuses a forged signature and a missing one, and nothing changes; an unknown address does not exist', async () => {
  const release = await tenant.createRelease({ config });
  const task = await release.untilTask('TRIGGER_PRE_REGRESSION_BUILDS', 'WAITING(CALLBACK)');
  const [run] = await world.db.rows<{ handle: string }>('SELECT handle FROM builds WHERE task_id = ? AND handle IS NOT NULL', [task.id]);
  const body = Buffer.from(JSON.stringify({ action: 'completed', workflow_run: { id: Number(run?.handle), status: 'completed' } }));
  const [forged, unsigned, nowhere] = [randomUUID(), randomUUID(), randomUUID()];
  const deliveryIds: string[] = [forged, unsigned, nowhere];
  const { 'x-hub-signature-256': _signature, ...bare } = signedHeaders(tenant.webhookSecret, 'workflow_run', unsigned, body);

  const answers = [
    await send(hook(), signedHeaders('somebody else has guessed this', 'workflow_run', forged, body), body),
    await send(hook(), bare, body),
    await send(
      hook().replace(tenant.connections['ci-cd'].id, '01ARZ3NDEKTSV4RRFFQ69G5FAV'),
      signedHeaders(tenant.webhookSecret, 'workflow_run', nowhere, body),
      body,
    ),
  ];

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 404]);
  expect((await events()).filter(({ deliveryId }) => deliveryIds.includes(deliveryId))).toEqual([]);
  await release.until('COMPLETED', { approving: true });
});

it('recognises a delivery that comes again, and reads a stored one again when asked', async () => {
  const body = Buffer.from(JSON.stringify({ zen: 'Keep it logically awesome.', hook_id: 1 }));
  const headers = signedHeaders(tenant.webhookSecret, 'ping', randomUUID(), body);

  const first = await send(hook('scm'), headers, body);
  const again = await send(hook('scm'), headers, body);

  expect([first.status, again.status]).toEqual([202, 200]);
  expect(again.body).toEqual({ duplicate: true });
  const read = async () => (await events()).filter(({ id }) => id === first.body.id);
  await waitFor(async () => (await read()).every(({ status }) => status === 'SKIPPED'), { what: 'the ping to be read' });
  const stored = await events();
  expect(stored.filter(({ deliveryId }) => deliveryId === headers['x-github-delivery'])).toHaveLength(1);

  const replayed = await tenant.owner.request('POST', `${tenant.path}/webhook-events/${String(first.body.id)}/replay`);
  const byViewer = await (await tenant.person('viewer')).request('POST', `${tenant.path}/webhook-events/${String(first.body.id)}/replay`);

  expect([replayed.status, byViewer.status]).toEqual([202, 403]);
  await waitFor(async () => (await read()).every(({ status }) => status === 'SKIPPED'), { what: 'the ping to be read again' });
  expect(await events()).toHaveLength(stored.length);
});
