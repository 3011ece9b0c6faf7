import { ulid } from 'ulid';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import type { ReleaseConfigBody } from '../../src/domain/release/config.ts';
import type { GateRules } from '../../src/domain/release/gate-rules.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import { createReleaseRecords } from '../../src/services/execution/release-records.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import type { TaskContext, TaskHandler } from '../../src/workers/task-context.ts';
import { approveRegression } from '../../src/workers/tasks/approve-regression.ts';
import type { Answer, ApiHarness } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

export const commit = 'c0ffee'.padEnd(40, '0');

/** Releases whose regression is over, with a gate that really looks: the handler, the engine and our own rows; only the branch is made up. */
export interface GateWorld extends ReleaseWorld {
  /** A release that asks for approval of a candidate with a build and notes. @param rules of its config's gates */
  asking(rules?: Partial<GateRules>, over?: Partial<ReleaseConfigBody>): Promise<{ id: string; gateId: string }>;
  /** Makes the gate due, and lets a worker look at it. @returns how its task stands then */
  look(gateId: string): Promise<string>;
  /** The gate out of regression, as the API shows it. */
  gate(releaseId: string): Promise<Answer['body']>;
  approve(releaseId: string, token: string, more?: object): Promise<Answer>;
  editNotes(releaseId: string, text: string): Promise<void>;
  deliveries(releaseId: string, type: string): Promise<number>;
  tenant(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
}

/** Looks at gates as a worker would: claims, runs the handler on our own rows, settles. @param outside what a provider would show */
export function gateLooker(api: ApiHarness, handler: TaskHandler, outside: object): (gateId: string) => Promise<string> {
  const { db, deps } = api;
  const engine = createEngine({
    ...{ db, ring: deps.ring, definitions: deps.definitions, owner: ulid(), leaseMs: 60_000, backoff: { baseMs: 1, maxMs: 1 } },
  });
  const releases = createReleaseSource(db);
  const services = { records: createReleaseRecords(db), ...outside };

  async function execute(gateId: string): Promise<void> {
    const [row] = await db.rows<{ fence: number }>('SELECT fence FROM tasks WHERE id = ?', [gateId]);
    const task = await engine.claim({ id: gateId, fence: row?.fence ?? -1 });
    if (task === null) return;
    const release = await releases.load(task.subjectId);
    // A gate reads no more of its context than this.
    const context = { task, release, services, pollMs: 60_000 } as unknown as TaskContext;
    await engine.settle({ task, outcome: await handler.run(context), handOver: false });
  }

  return async (gateId) => {
    await db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ? AND status IN ('WAITING', 'READY')`, [
      gateId,
    ]);
    await execute(gateId);
    const [row] = await db.rows<{ status: string; waitReason: string | null }>(
      'SELECT status, wait_reason AS waitReason FROM tasks WHERE id = ?',
      [gateId],
    );
    return row?.waitReason ?? row?.status ?? 'gone';
  };
}

export async function gateWorld(api: ApiHarness): Promise<GateWorld> {
  const world = await releaseWorld(api);
  const { db } = api;
  const look = gateLooker(api, approveRegression, { scm: { resolve: async () => commit } });
  let major = 0;

  const gates: GateWorld = {
    ...world,
    async asking(rules = {}, over = {}) {
      major += 1;
      const own = { quorum: 2, allowSelfApproval: false, preRelease: plainRules, distribution: plainRules };
      const releaseConfigId = await world.config({
        gates: { preReleaseApproval: 'manual', distributionApproval: 'manual', ...own, ...rules },
        testManagementConfigId: null,
        ...over,
      });
      const { id, gateId } = await world.atGate({
        ...{ releaseConfigId, type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }] },
      });
      await db.run(`UPDATE regression_cycles SET rc_tag = ?, rc_commit = ? WHERE release_id = ?`, [`v${major}.0.0-rc.1`, commit, id]);
      await insertCandidate(api, world.tenantId, id, gateId);
      await db.run('UPDATE tasks SET output = NULL WHERE id = ?', [gateId]);
      await gates.look(gateId);
      return { id, gateId };
    },
    look,
    gate: async (releaseId) => (await world.call('GET', `/${releaseId}/gates/pre-release`)).body,
    approve: (releaseId, token, more = {}) =>
      world.call('POST', `/${releaseId}/approvals`, { token, body: { decision: 'APPROVED', ...more } }),
    async editNotes(releaseId, text) {
      await db.run('UPDATE release_notes SET markdown = ?, version = version + 1 WHERE release_id = ?', [text, releaseId]);
    },
    async deliveries(releaseId, type) {
      return (await db.rows('SELECT id FROM deliveries WHERE subject_id = ? AND type = ?', [releaseId, type])).length;
    },
    tenant: (method, path, body, token = world.owner) => api.request(method, `/api/v1/tenants/${world.tenantId}/${path}`, { token, body }),
  };
  return gates;
}

async function insertCandidate(api: ApiHarness, tenantId: string, releaseId: string, taskId: string): Promise<void> {
  const buildId = ulid();
  const [cycle] = await api.db.rows<{ id: string; number: number }>('SELECT id, number FROM regression_cycles WHERE release_id = ?', [
    releaseId,
  ]);
  await api.db.run(
    `INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, ref, version, correlation_id, status, artifact_digest) VALUES (?)`,
    [[buildId, tenantId, taskId, 'WEB', 1, 'REGRESSION_BUILD', 'CI', 'v1', '1.0.0', buildId, 'SUCCEEDED', 'sha256:beef']],
  );
  await api.db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id) VALUES (?)', [
    [releaseId, buildId, tenantId, 'REGRESSION', cycle?.id ?? ''],
  ]);
  await api.db.run(`INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES (?)`, [
    [ulid(), tenantId, releaseId, 'cycle', cycle?.number ?? 0, 'a', 'b', 'The first words'],
  ]);
}
