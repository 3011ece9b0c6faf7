import { Redis } from 'ioredis';
import type { TenantEffects } from '../../sandbox/world.ts';
import type { TenantWorld } from '../e2e/tenant.ts';
import type { World } from '../e2e/world.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * What must be true at the end, whatever happened on the way. Each check compares what Signalbox's rows say with what the providers hold and
 * returns what is wrong in words, so that a failed test shows all of it at once.
 */

/** Task types that post a message of their own. */
const speaking = [
  ...['PRE_KICK_OFF_REMINDER', 'SEND_REGRESSION_BUILD_MESSAGE'],
  ...['PRE_RELEASE_CHERRY_PICKS_REMINDER', 'SEND_POST_REGRESSION_MESSAGE'],
];

/** Everything that is wrong at the end of a chaos scenario; empty when all is well. */
export async function troubles(world: World): Promise<string[]> {
  const perTenant = await Promise.all(world.tenants.map((tenant) => tenantTroubles(world, tenant)));
  return [...perTenant.flat(), ...(await rowTroubles(world)), ...(await historyTroubles(world)), ...(await lockTroubles(world))];
}

async function tenantTroubles(world: World, tenant: TenantWorld): Promise<string[]> {
  const effects = tenant.effects();
  const found = [
    ...effects.duplicates,
    ...(await branchTroubles(world, tenant, effects)),
    ...(await tagTroubles(world, tenant, effects)),
    ...(await buildTroubles(world, tenant, effects)),
    ...(await platformTroubles(world, tenant, effects)),
    ...(await messageTroubles(world, tenant, effects)),
  ];
  return found.map((words) => `${tenant.name}: ${words}`);
}

async function branchTroubles(world: World, tenant: TenantWorld, effects: TenantEffects): Promise<string[]> {
  const rows = await world.db.rows<{ branch: string; forkCommit: string }>(
    'SELECT branch, fork_commit AS forkCommit FROM releases WHERE tenant_id = ?',
    [tenant.tenantId],
  );
  const { git } = tenant.sandbox.repository;
  const lineage = rows.filter(({ branch, forkCommit }) => !contains(git, git.branches.get(branch) ?? '', forkCommit));
  return [
    ...differences(
      'branches',
      rows.map(({ branch }) => branch),
      fresh(effects.branches).map(({ name }) => name),
    ),
    ...lineage.map(({ branch, forkCommit }) => `${branch} does not contain the commit it was forked at, ${forkCommit}`),
  ];
}

function contains(git: TenantWorld['sandbox']['repository']['git'], head: string, commit: string): boolean {
  for (const open = [head]; open.length > 0; ) {
    const sha = open.pop() ?? '';
    if (sha === commit) return true;
    open.push(...(git.commits.get(sha)?.parents ?? []));
  }
  return false;
}

async function tagTroubles(world: World, tenant: TenantWorld, effects: TenantEffects): Promise<string[]> {
  const candidates = await world.db.rows<{ tag: string; commit: string }>(
    'SELECT rc_tag AS tag, rc_commit AS `commit` FROM regression_cycles WHERE tenant_id = ?',
    [tenant.tenantId],
  );
  // What was tested last is what is released.
  const finals = await world.db.rows<{ tag: string; commit: string }>(
    `SELECT r.release_tag AS tag, c.rc_commit AS \`commit\` FROM releases r JOIN regression_cycles c ON c.release_id = r.id
     WHERE r.tenant_id = ? AND c.number = (SELECT MAX(number) FROM regression_cycles l WHERE l.release_id = r.id)`,
    [tenant.tenantId],
  );
  return [
    ...differences(
      'tags',
      [...candidates, ...finals].map(({ tag, commit }) => `${tag} at ${commit}`),
      fresh(effects.tags).map(({ name, commit }) => `${name} at ${commit}`),
    ),
    ...differences(
      'release objects',
      finals.map(({ tag }) => tag),
      effects.releases.map(({ tag }) => tag),
    ),
  ];
}

async function buildTroubles(world: World, tenant: TenantWorld, effects: TenantEffects): Promise<string[]> {
  const rows = await world.db.rows<{ handle: string | null; correlationId: string; ref: string }>(
    'SELECT handle, correlation_id AS correlationId, ref FROM builds WHERE tenant_id = ?',
    [tenant.tenantId],
  );
  const again = await world.db.rows<{ taskId: string; platform: string; builds: number }>(
    `SELECT task_id AS taskId, platform, COUNT(*) AS builds FROM builds WHERE tenant_id = ? GROUP BY task_id, platform HAVING COUNT(*) > 1`,
    [tenant.tenantId],
  );
  return [
    ...differences(
      'CI runs',
      rows.map(({ handle, correlationId, ref }) => `run ${handle} of ${correlationId} on ${ref}`),
      effects.runs.map(({ id, correlationId, ref }) => `run ${id} of ${correlationId} on ${ref}`),
    ),
    ...again.map(({ taskId, platform, builds }) => `task ${taskId} built ${platform} ${builds} times`),
  ];
}

async function platformTroubles(world: World, tenant: TenantWorld, effects: TenantEffects): Promise<string[]> {
  const rows = await world.db.rows<{ ticketKey: string | null; testRunId: string | null }>(
    'SELECT ticket_key AS ticketKey, test_run_id AS testRunId FROM platform_releases WHERE tenant_id = ?',
    [tenant.tenantId],
  );
  return [
    ...differences(
      'tickets',
      rows.map(({ ticketKey }) => ticketKey ?? 'none'),
      fresh(effects.tickets).map(({ key }) => key),
    ),
    ...differences(
      'test runs',
      rows.map(({ testRunId }) => testRunId ?? 'none'),
      effects.testRuns.filter(({ status }) => status !== 'Deleted').map(({ id }) => String(id)),
    ),
  ];
}

async function messageTroubles(world: World, tenant: TenantWorld, effects: TenantEffects): Promise<string[]> {
  const deliveries = await world.db.rows<{ id: string; type: string; status: string }>(
    'SELECT id, type, status FROM deliveries WHERE tenant_id = ?',
    [tenant.tenantId],
  );
  const tasks = await world.db.rows<{ id: string }>('SELECT id FROM tasks WHERE tenant_id = ? AND type IN (?)', [
    tenant.tenantId,
    speaking,
  ]);
  const kept = new Set(deliveries.map(({ id }) => id));
  return [
    ...tasks.filter(({ id }) => !kept.has(id)).map(({ id }) => `the message of task ${id} is no delivery`),
    ...deliveries.filter(({ status }) => status !== 'DONE').map(({ id, type, status }) => `the message ${type} ${id} is ${status}`),
    ...differences(
      'messages',
      deliveries.map(({ id }) => id),
      // Each bucket of the sandbox has one channel.
      effects.messages.flatMap(({ key }) => (key === null ? [] : [key.replace('signalbox:', '')])),
    ),
  ];
}

async function rowTroubles(world: World): Promise<string[]> {
  const runs = await world.db.rows<{ id: string; status: string; held: number }>(
    `SELECT id, status, held FROM runs WHERE status <> 'COMPLETED' OR held = 1`,
  );
  const stages = await world.db.rows<{ id: string; status: string; open: number }>(
    `SELECT id, status, open_tasks AS open FROM stages WHERE status NOT IN ('COMPLETED', 'PENDING') OR open_tasks <> 0`,
  );
  const tasks = await world.db.rows<{ id: string; type: string; status: string }>(
    `SELECT id, type, status FROM tasks WHERE status <> 'COMPLETED' OR run_at IS NOT NULL OR lease_owner IS NOT NULL`,
  );
  const holds = await world.db.rows<{ reason: string; subject: string }>('SELECT reason, subject FROM run_holds');
  const unfinished = await world.db.rows<{ id: string; type: string; outcome: string | null }>(
    `SELECT t.id, t.type, a.outcome FROM tasks t LEFT JOIN attempts a ON a.task_id = t.id AND a.number = t.attempt
     WHERE a.outcome IS NULL OR a.outcome <> 'completed'`,
  );
  return [
    ...runs.map(({ id, status, held }) => `run ${id} is ${status}${held === 1 ? ', held' : ''}`),
    ...stages.map(({ id, status, open }) => `stage ${id} is ${status} with ${open} open tasks`),
    ...tasks.map(({ id, type, status }) => `task ${type} ${id} is ${status}, or still leased or due`),
    ...holds.map(({ reason, subject }) => `the hold ${reason} ${subject} stands`),
    ...unfinished.map(({ id, type, outcome }) => `the last attempt of ${type} ${id} is ${outcome ?? 'not told'}`),
  ];
}

interface Change {
  entity: string;
  before: string | null;
  after: string;
}

/** Replays every change of a status, oldest first, and compares what comes out with the rows. */
async function historyTroubles(world: World): Promise<string[]> {
  const changes = await world.db.rows<Change>(
    `SELECT CONCAT(h.entity_type, ' ', COALESCE(i.entity_id, h.entity_id)) AS entity, i.value_before AS \`before\`, i.value_after AS after
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id
     WHERE i.field = 'status' AND h.entity_type IN ('run', 'stage', 'task', 'cycle', 'slot') ORDER BY h.sequence, i.ordinal`,
  );
  const rows = await world.db.rows<{ entity: string; status: string }>(
    `SELECT CONCAT('run ', id) AS entity, status FROM runs
     UNION ALL SELECT CONCAT('stage ', id), status FROM stages WHERE status <> 'PENDING'
     UNION ALL SELECT CONCAT('task ', id), status FROM tasks
     UNION ALL SELECT CONCAT('cycle ', id), status FROM regression_cycles
     UNION ALL SELECT CONCAT('slot ', id), status FROM regression_slots WHERE status <> 'PLANNED'`,
  );
  const replayed = new Map<string, string>();
  const broken: string[] = [];
  for (const { entity, before, after } of changes) {
    const known = replayed.get(entity);
    // A claim is told by its attempt, not by the history.
    const follows = known === undefined || known === before || (before === 'IN_PROGRESS' && ['READY', 'WAITING'].includes(known));
    if (!follows) broken.push(`the history of ${entity} goes from ${known} to ${after}, but says from ${before}`);
    replayed.set(entity, after);
  }
  const wrong = rows.filter(({ entity, status }) => replayed.get(entity) !== status);
  return [...broken, ...wrong.map(({ entity, status }) => `${entity} is ${status}, its history says ${replayed.get(entity)}`)];
}

/** Locks of the dead lapse; all others are let go. */
async function lockTroubles(world: World): Promise<string[]> {
  const redis = new Redis(world.redisUrl);
  try {
    const keys = () => redis.keys(`${world.prefix}:lock:*`);
    await waitFor(async () => (await keys()).length === 0, { what: 'locks to lapse', timeoutMs: 10_000 }).catch(() => undefined);
    return (await keys()).map((key) => `the lock ${key} is still held`);
  } finally {
    redis.disconnect();
  }
}

/** What is missing and what is too much; the same thing twice is too much. */
function differences(what: string, expected: readonly string[], actual: readonly string[]): string[] {
  const left = [...actual];
  const missing: string[] = [];
  for (const item of expected) {
    const at = left.indexOf(item);
    if (at < 0) missing.push(item);
    else left.splice(at, 1);
  }
  return [...missing.map((item) => `${what}: ${item} is missing`), ...left.map((item) => `${what}: ${item} is too much`)];
}

const fresh = <T extends { seeded: boolean }>(items: readonly T[]) => items.filter(({ seeded }) => !seeded);

/** How often each kind of end of an attempt was written down. */
export async function attemptOutcomes(world: World): Promise<Record<string, number>> {
  const rows = await world.db.rows<{ outcome: string; times: number }>('SELECT outcome, COUNT(*) AS times FROM attempts GROUP BY outcome');
  return Object.fromEntries(rows.map(({ outcome, times }) => [outcome, Number(times)]));
}
