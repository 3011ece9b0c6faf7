import { isValid } from 'ulid';
import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { FrozenConfig } from '../../../domain/release/config.ts';
import { readFrozenConfig } from '../../../domain/release/read-config.ts';
import { buildTaskOf, type UploadType, uploadTypes } from '../../../domain/release/upload-rules.ts';
import type { Platform, StageKey, Target } from '../../../domain/release/vocabulary.ts';
import { askConnection } from '../../connections/ask-connection.ts';
import { lacks } from '../../connections/ask-provider.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { conflict, invalid } from '../../service-error.ts';
import { findRunOf } from '../release-row.ts';

/** The task and platform that a build from elsewhere is for, and what it ought to be built from. */
export interface AdoptionPlace {
  tenantId: string;
  releaseId: string;
  task: { id: string; key: string };
  stage: StageKey;
  type: UploadType;
  platform: Platform;
  version: string;
  cycleId: string | null;
  /** Branch or tag the task builds. */
  ref: string;
  /** What that is; any of them will do. Never empty. */
  commits: string[];
  config: FrozenConfig;
  target: Target | null;
}

interface TaskRow {
  id: string;
  key: string;
  type: string;
  stage: StageKey;
  cycleId: string | null;
  rcTag: string | null;
  rcCommit: string | null;
}

interface ReleaseRow {
  branch: string;
  forkCommit: string | null;
  releaseTag: string | null;
  config: unknown;
}

interface PlaceInput {
  platform: Platform;
  taskId?: string | undefined;
  cycle?: number | undefined;
}

const typeOfTask = new Map(uploadTypes.map((type) => [buildTaskOf[type] as string, type]));
const onlyPlatform: Partial<Record<UploadType, { platform: Platform; target: Target }>> = {
  TEST_FLIGHT_BUILD: { platform: 'IOS', target: 'APP_STORE' },
  AAB_BUILD: { platform: 'ANDROID', target: 'PLAY_STORE' },
};

/** @throws ServiceError not-found, invalid naming the field, conflict where the release has nothing to build from yet */
export async function placeOf(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  releaseId: string,
  input: PlaceInput,
): Promise<AdoptionPlace> {
  const { tenantId } = caller;
  const runId = await findRunOf(deps.db, caller, releaseId);
  const [release] = await deps.db.rows<ReleaseRow>(
    'SELECT branch, fork_commit AS forkCommit, release_tag AS releaseTag, config FROM releases WHERE tenant_id = ? AND id = ?',
    [tenantId, releaseId],
  );
  const task = await taskOf(deps.db, runId, releaseId, input);
  const type = typeOfTask.get(task?.type ?? '');
  if (release === undefined || task === undefined || type === undefined) {
    const field = input.taskId === undefined ? '/cycle' : '/taskId';
    throw invalid([{ field, message: 'names no build task of this release' }]);
  }
  const { platform } = input;
  const only = onlyPlatform[type];
  if (only !== undefined && only.platform !== platform) {
    throw invalid([{ field: '/platform', message: `must be ${only.platform} for ${task.key}` }]);
  }
  const [versionRow] = await deps.db.rows<{ version: string }>(
    `SELECT version FROM platform_releases WHERE tenant_id = ? AND release_id = ? AND platform = ?${only === undefined ? '' : ' AND target = ?'}
     ORDER BY target LIMIT 1`,
    [tenantId, releaseId, platform, ...(only === undefined ? [] : [only.target])],
  );
  if (versionRow === undefined) throw invalid([{ field: '/platform', message: 'is no platform of this release' }]);
  const config = readFrozenConfig(parseJson(release.config));
  return {
    ...{ tenantId, releaseId, task, stage: task.stage, type, platform, version: versionRow.version, config },
    cycleId: task.stage === 'REGRESSION' ? task.cycleId : null,
    target: only?.target ?? null,
    ...(await builtFrom(deps, caller, release, config, task)),
  };
}

async function taskOf(sql: Sql, runId: string, releaseId: string, { taskId, cycle }: PlaceInput): Promise<TaskRow | undefined> {
  if (taskId !== undefined && !isValid(taskId)) return undefined;
  const [row] = await sql.rows<TaskRow>(
    `SELECT t.id, t.task_key AS \`key\`, t.type, s.stage_key AS stage, c.id AS cycleId, c.rc_tag AS rcTag, c.rc_commit AS rcCommit
     FROM tasks t JOIN stages s ON s.id = t.stage_id
          LEFT JOIN regression_cycles c ON c.release_id = ? AND c.number = CAST(JSON_UNQUOTE(JSON_EXTRACT(t.input, '$.cycle')) AS UNSIGNED)
     WHERE t.run_id = ? AND ${taskId === undefined ? 't.type = ? AND c.number = ?' : 't.id = ?'} ORDER BY t.id DESC LIMIT 1`,
    [releaseId, runId, ...(taskId === undefined ? [buildTaskOf.REGRESSION_BUILD, cycle ?? 0] : [taskId])],
  );
  return row;
}

/** What the task's own build would be made from. */
async function builtFrom(
  deps: Pick<ServiceDeps, 'connector'>,
  { tenantId }: Caller,
  release: ReleaseRow,
  config: FrozenConfig,
  task: TaskRow,
): Promise<{ ref: string; commits: string[] }> {
  if (task.stage !== 'KICKOFF') {
    if (task.rcTag === null || task.rcCommit === null) throw conflict(`${task.key} has no release candidate to build from yet.`);
    return { ref: task.stage === 'REGRESSION' ? task.rcTag : (release.releaseTag ?? task.rcTag), commits: [task.rcCommit] };
  }
  if (release.forkCommit === null) throw conflict(`The branch ${release.branch} is not there yet.`);
  const connection = { category: 'scm' as const, tenantId, id: config.scmIntegrationId };
  const branch = await askConnection(deps, connection, ({ provider, connection: opened, deps: adapter }) => {
    const scm = provider.sourceControl?.(opened, adapter);
    if (scm === undefined) throw lacks(provider, 'source control');
    return scm.findBranch(release.branch);
  });
  return { ref: release.branch, commits: [...new Set([branch?.head ?? release.forkCommit, release.forkCommit])] };
}
