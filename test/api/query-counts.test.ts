import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import type { App } from '../../src/api/context.ts';
import type { OpenApiDocument } from '../../src/api/reference-page.ts';
import { base, deploymentPaths, elsewhere, release, releasePaths, tenant } from './counted-routes.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

/** How much a reader asks of the database says nothing about how much there is: one row of everything, or five. */

interface Filled {
  world: ReleaseWorld;
  params: Record<string, string>;
}

let api: ApiHarness;
let app: App;
let statements: () => number;
let one: Filled;
let five: Filled;
let routes: string[];

beforeAll(async () => {
  api = await startApi();
  const counting = countingDatabase(api.db);
  statements = counting.statements;
  app = createApp({ ...api.deps, db: counting.db });
  one = await fill('One', 1);
  five = await fill('Five', 5);
  const { paths: documented }: OpenApiDocument = (await api.request('GET', '/openapi.json')).body;
  routes = Object.entries(documented).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
});
afterAll(() => api?.close());

const times = async (count: number, work: (index: number) => Promise<unknown>) => {
  for (let index = 1; index <= count; index += 1) await work(index);
};

const window = { kind: 'allow', cron: '0 9 * * 1-5', durationMinutes: 480, zone: 'Europe/Berlin' };

/** A tenant with so many of each, and a release that waits at its gate with so many of each. */
async function fill(name: string, count: number): Promise<Filled> {
  const world = await releaseWorld(api, name);
  const send = async (method: string, path: string, body: object) => {
    const answer = await api.request(method, path, { token: world.owner, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  const version = (major: number) => ({ type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }] });
  const inTenant = `/api/v1/tenants/${world.tenantId}`;
  await times(count - 1, (index) => world.create(version(index + 1)));
  const regressionSlots = Array.from({ length: count }, (_, index) => ({ date: minutes(120 + index) }));
  const { id } = await world.kickedOff({ ...version(9), regressionSlots });
  await times(count, () => world.cycle(id));
  const gateId = await openGate(id);
  const people = [await world.person('release-manager')];
  await times(count, async () => people.push(await world.person('release-manager')));
  await times(count, async (index) => {
    const person = people[index];
    const body = { decision: 'REJECTED', comment: 'No' };
    const word = await api.request('POST', world.path(`/${id}/approvals`), { token: person?.token ?? '', body });
    if (word.status !== 201) throw new Error(`nobody could say no: ${word.text}`);
    await send('POST', `${inTenant}/approval-delegations`, { toAccountId: person?.accountId, until: minutes(60), reason: 'Holiday' });
    const milestone = await send('POST', `${inTenant}/milestones`, { name: `Milestone ${index}` });
    await send('POST', world.path(`/${id}/milestones/${milestone.id}`), {});
    const app = await send('POST', `${inTenant}/apps`, { name: `shop-${index}` });
    await send('POST', `${inTenant}/services`, { appId: app.id, name: 'api', kind: 'backend', dependsOn: [] });
    await send('POST', `${inTenant}/environments`, { name: `staging-${index}`, tier: 'staging' });
    await send('POST', `${inTenant}/windows`, { ...window, name: `Window ${index}`, scope: {} });
    await world.config();
    await world.repository();
    await insertRows(world, id, gateId, index);
  });
  await times(count, (index) => send('POST', world.path(`/${id}/blockers`), { title: `Blocker ${index}` }));
  return { world, params: await paramsOf(world, id, gateId) };
}

/** As its handler would leave it. */
async function openGate(releaseId: string): Promise<string> {
  const [gate] = await api.db.rows<{ id: string }>(
    `SELECT t.id FROM tasks t JOIN runs r ON r.id = t.run_id WHERE r.subject_id = ? AND t.type = 'APPROVE_REGRESSION' ORDER BY t.id DESC LIMIT 1`,
    [releaseId],
  );
  const output = { rcCommit: 'c0ffee', rcTag: 'v9.0.0-rc.1', askedAt: new Date().toISOString(), requirements: [] };
  await api.db.run(
    `UPDATE tasks SET status = 'WAITING', wait_reason = 'APPROVAL', output = ?, run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?`,
    [JSON.stringify(output), gate?.id ?? ''],
  );
  return gate?.id ?? '';
}

/** What workers and CI would have left. */
async function insertRows({ tenantId }: ReleaseWorld, releaseId: string, taskId: string, index: number): Promise<void> {
  const { db } = api;
  const id = ulid();
  const [cycle] = await db.rows<{ id: string }>('SELECT id FROM regression_cycles WHERE release_id = ? AND number = ?', [releaseId, index]);
  await db.run(
    `INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, ref, version, correlation_id, status, artifact_digest) VALUES (?)`,
    [[id, tenantId, taskId, 'WEB', index, 'REGRESSION_BUILD', 'CI', 'v1', '1.0.0', id, 'SUCCEEDED', 'sha256:beef']],
  );
  await db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id) VALUES (?)', [
    [releaseId, id, tenantId, 'REGRESSION', cycle?.id ?? ''],
  ]);
  await db.run('INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES (?)', [
    [id, tenantId, releaseId, 'cycle', index, 'a', 'b', 'Words'],
  ]);
  await db.run(
    `INSERT INTO uploads (id, tenant_id, release_id, platform, type, file_name, artifact_key, uploaded_by_account_id, stored_at)
     SELECT ?, ?, ?, 'WEB', 'REGRESSION_BUILD', 'shop.zip', ?, created_by_account_id, UTC_TIMESTAMP(3) FROM releases WHERE id = ?`,
    [id, tenantId, releaseId, id, releaseId],
  );
}

async function paramsOf(world: ReleaseWorld, releaseId: string, taskId: string): Promise<Record<string, string>> {
  const first = async (path: string) => (await api.request('GET', path, { token: world.owner })).body.items[0].id;
  const inTenant = `/api/v1/tenants/${world.tenantId}`;
  return {
    ...{ tenantId: world.tenantId, releaseId, taskId, gate: 'pre-release', number: '1', releaseConfigId: world.configId },
    noteId: await first(world.path(`/${releaseId}/notes`)),
    deliveryId: await first(world.path(`/${releaseId}/deliveries`)),
    milestoneId: await first(`${inTenant}/milestones`),
  };
}

async function cost({ world, params }: Filled, path: string): Promise<{ status: number; statements: number; rows: number }> {
  const before = statements();
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? '');
  const response = await app.request(filled, { headers: { authorization: `Bearer ${world.owner}` } });
  const body = (await response.json()) as { items?: unknown[] };
  return { status: response.status, statements: statements() - before, rows: body.items?.length ?? 0 };
}

it.each(releasePaths)('GET %s', async (path) => {
  const few = await cost(one, path);
  const many = await cost(five, path);

  expect([few.status, many.status]).toEqual([200, 200]);
  expect(many.statements).toBe(few.statements);
});

it('counts on lists that have one row and five', async () => {
  const lengths = async (path: string) => [(await cost(one, path)).rows, (await cost(five, path)).rows];
  for (const below of ['/regression-slots', '/cycles', '/blockers', '/milestones', '/notes', '/builds', '/uploads']) {
    expect([below, ...(await lengths(`${release}${below}`))]).toEqual([below, 1, 5]);
  }
  for (const below of ['/milestones', '/approval-delegations', '/apps', '/services', '/environments', '/windows']) {
    expect([below, ...(await lengths(`${tenant}${below}`))]).toEqual([below, 1, 5]);
  }
  expect(await lengths(base)).toEqual([1, 5]);
});

it('leaves out no route below a tenant without saying why', () => {
  const shape = (path: string) => path.replace(/\?.*/, '').replaceAll(/\{\w+\}|\/1$/g, (part) => (part === '/1' ? '/{}' : '{}'));
  const counted = new Set([...releasePaths, ...deploymentPaths].map(shape));
  const missing = routes.filter((path) => path.includes('/tenants/{tenantId}') && !counted.has(shape(path)));

  expect(missing.filter((path) => !elsewhere.some(([pattern]) => pattern.test(path)))).toEqual([]);
  // What is left out no more is not said to be.
  expect(elsewhere.filter(([pattern]) => !missing.some((path) => pattern.test(path))).map(([, why]) => why)).toEqual([]);
});
