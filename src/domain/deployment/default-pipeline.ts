import type { PipelineBody, PipelineTask, PipelineTaskType } from './pipeline.ts';
import { environmentTiers } from './vocabulary.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Times include what people and windows may take where a task waits for them. */
const timeouts: Record<PipelineTaskType, number> = {
  CHECK_PREFLIGHT: 15 * MINUTE,
  APPROVE_DEPLOYMENT: 7 * DAY,
  TAKE_SNAPSHOT: 15 * MINUTE,
  BUILD_ARTIFACT: 4 * HOUR,
  RUN_TESTS: 4 * HOUR,
  MIGRATE_SCHEMA: 4 * HOUR,
  DEPLOY_SERVICE: 14 * DAY,
  VERIFY_HEALTH: HOUR,
  BAKE: 7 * DAY,
};

/** What a check finds will not be mended by asking again at once. */
const attempts: Partial<Record<PipelineTaskType, number>> = { CHECK_PREFLIGHT: 3, RUN_TESTS: 1, MIGRATE_SCHEMA: 2 };

const task = (type: PipelineTaskType, changes: Partial<PipelineTask> = {}): PipelineTask => ({
  ...{ key: type, type, dependsOn: [], onFailure: 'rollback', maxAttempts: attempts[type] ?? 5, timeoutMs: timeouts[type], input: {} },
  ...changes,
});

/** Where an app names no pipeline: everything there is, and whatever fails is taken back. */
export const defaultPipeline: PipelineBody = {
  tiers: environmentTiers,
  stages: [
    { key: 'PREFLIGHT', tasks: [task('CHECK_PREFLIGHT'), task('APPROVE_DEPLOYMENT', { dependsOn: ['CHECK_PREFLIGHT'] })] },
    { key: 'SNAPSHOT', tasks: [task('TAKE_SNAPSHOT')] },
    { key: 'BUILD', tasks: [task('BUILD_ARTIFACT')] },
    { key: 'TEST', tasks: [task('RUN_TESTS', { input: { suite: 'smoke' } })] },
    { key: 'MIGRATE', tasks: [task('MIGRATE_SCHEMA')] },
    { key: 'DEPLOY', tasks: [task('DEPLOY_SERVICE')] },
    { key: 'VERIFY', tasks: [task('VERIFY_HEALTH')] },
  ],
};

/** The way back: nothing is built, tested or approved. */
export const rollbackPipeline: PipelineBody = {
  tiers: environmentTiers,
  stages: [
    { key: 'PREFLIGHT', tasks: [task('CHECK_PREFLIGHT')] },
    { key: 'SNAPSHOT', tasks: [task('TAKE_SNAPSHOT')] },
    { key: 'DEPLOY', tasks: [task('DEPLOY_SERVICE')] },
    { key: 'VERIFY', tasks: [task('VERIFY_HEALTH')] },
  ],
};

export const rollBackTask = (key: string, type: string) => ({
  ...({ key, type, notBefore: null, maxAttempts: 10, deadlineMs: 2 * HOUR, onDeadline: 'fail', onFailure: 'plan' } as const),
});
