import { ulid } from 'ulid';
import type { ApiHarness } from './harness.ts';
import { minutes, type ReleaseWorld } from './release-world.ts';

/** Releases of an API test whose repository and CI are real connections to fakes. */

export interface NewConnection {
  provider: string;
  baseUrl: string;
  credentials: Record<string, string>;
  settings: Record<string, string>;
}

/** Connects as a person would, and answers the id. */
export async function connect(api: ApiHarness, world: ReleaseWorld, category: 'scm' | 'ci-cd', input: NewConnection): Promise<string> {
  const answer = await api.request('POST', `/api/v1/tenants/${world.tenantId}/integrations/${category}`, {
    token: world.owner,
    body: { ...input, displayName: `${input.provider} of the test`, allowMultiple: true },
  });
  if (answer.status !== 201) throw new Error(`not connected: ${answer.text}`);
  return answer.body.id;
}

let major = 0;
/** A version of its own, so that releases of one tenant do not meet. */
export function nextVersion() {
  major += 1;
  const version = `${major}.0.0`;
  return { version, body: { type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version }] } };
}

export interface StartedRelease {
  id: string;
  branch: string;
  displayId: string;
}

/** A release whose kickoff is done; what its branch is, the test says in the fake. */
export async function startedRelease(world: ReleaseWorld, scmIntegrationId: string): Promise<StartedRelease> {
  const releaseConfigId = await world.config({ scmIntegrationId });
  const { body } = nextVersion();
  return world.kickedOff({ ...body, releaseConfigId, regressionSlots: [{ date: minutes(120) }] });
}

export interface NewBuild {
  integrationId: string | null;
  handle: string | null;
  status: string;
  platform?: string;
  mode?: string;
}

/** A cycle of the release whose builds are under way, as its worker would leave the task. */
export async function buildTask(api: ApiHarness, world: ReleaseWorld, releaseId: string): Promise<string> {
  await api.db.run(`UPDATE regression_slots SET date = UTC_TIMESTAMP(3) WHERE release_id = ? AND status = 'PLANNED'`, [releaseId]);
  await world.advance(releaseId);
  const { body } = await world.call('GET', `/${releaseId}/tasks?stage=REGRESSION`);
  const { id } = body.items.find(({ type }: { type: string }) => type === 'TRIGGER_REGRESSION_BUILDS');
  await api.db.run(
    `UPDATE tasks SET status = 'WAITING', wait_reason = 'CALLBACK', unmet_dependencies = 0, attempt = 1, fence = fence + 1,
       attempt_started_at = UTC_TIMESTAMP(3), run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?`,
    [id],
  );
  return id;
}

/** The task gave up for its builds, and that paused the release. */
export async function failTask(api: ApiHarness, taskId: string): Promise<void> {
  await api.db.run(
    `UPDATE tasks SET status = 'FAILED', wait_reason = NULL, run_at = NULL, failures = 1, fence = fence + 1,
       failure = '{"kind":"conflict","message":"The build did not succeed"}' WHERE id = ?`,
    [taskId],
  );
  await api.db.run(
    `INSERT INTO run_holds (run_id, reason, subject, tenant_id) SELECT run_id, 'TASK_FAILURE', id, tenant_id FROM tasks WHERE id = ?`,
    [taskId],
  );
  await api.db.run('UPDATE runs SET held = 1, held_since = UTC_TIMESTAMP(3) WHERE id = (SELECT run_id FROM tasks WHERE id = ?)', [taskId]);
}

export async function addBuild(api: ApiHarness, world: ReleaseWorld, releaseId: string, taskId: string, build: NewBuild): Promise<string> {
  const id = ulid();
  const { integrationId, handle, status, platform = 'WEB', mode = 'CI' } = build;
  const [last] = await api.db.rows<{ ordinal: number | null }>(
    'SELECT MAX(ordinal) AS ordinal FROM builds WHERE task_id = ? AND platform = ?',
    [taskId, platform],
  );
  const ended = ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status);
  await api.db.run(
    `INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, integration_id, workflow_id, ref, version,
       correlation_id, status, handle, provider_state, ended_at) VALUES (?)`,
    [
      [
        ...[id, world.tenantId, taskId, platform, (last?.ordinal ?? 0) + 1, 'REGRESSION_BUILD', mode, integrationId, '1', 'main', '1.0.0'],
        ...[id, status, handle, ended ? 'failure' : null, ended ? new Date() : null],
      ],
    ],
  );
  await api.db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key) VALUES (?)', [
    [releaseId, id, world.tenantId, 'REGRESSION'],
  ]);
  return id;
}

interface HistoryEvent {
  entityId: string;
  why: string | null;
  by: { accountId: string } | null;
  items: { field: string; before: string | null; after: string | null; entityId: string | null }[];
}

/** What the history says of a field, newest first. */
export async function historyOf(world: ReleaseWorld, releaseId: string, field: string): Promise<HistoryEvent[]> {
  const { body } = await world.call('GET', `/${releaseId}/history?limit=100`);
  return body.items.filter(({ items }: HistoryEvent) => items.some((item) => item.field === field));
}
