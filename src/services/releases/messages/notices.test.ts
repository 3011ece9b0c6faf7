import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../engine/run-definition.ts';
import { noticesOf } from './notices.ts';

const head = { runId: 'run', subjectId: 'release' };
const waiting = (type: string, reason: string): EngineEvent => ({
  ...{ kind: 'task-waiting', ...head, reason },
  task: { id: 'T', key: type, type, stageAttempt: 2 },
});
const completed = (type: string): EngineEvent => ({
  ...{ kind: 'task-completed', ...head, output: { storeBuild: { buildNumber: '42' } } },
  task: { id: 'T', key: type, type, stageAttempt: 1 },
});

describe('what people hear of', () => {
  it.each([
    ['APPROVE_REGRESSION', 'REGRESSION_STAGE_APPROVAL_REQUEST'],
    ['APPROVE_DISTRIBUTION', 'PRE_RELEASE_STAGE_APPROVAL_REQUEST'],
  ])('%s asks people once, when it is time', (task, type) => {
    expect(noticesOf(waiting(task, 'APPROVAL'))).toEqual([{ type, data: { taskId: 'T', cycle: 2 }, dedupeKey: `${type}/T` }]);
    expect(noticesOf(waiting(task, 'CALLBACK'))).toEqual([]);
  });

  it.each([
    ['CREATE_AAB_BUILD', 'ANDROID_AAB_BUILD'],
    ['TRIGGER_TEST_FLIGHT_BUILD', 'IOS_TEST_FLIGHT_BUILD'],
  ])('%s is told once the build is there', (task, type) => {
    expect(noticesOf(completed(task))).toMatchObject([{ type, data: { output: { storeBuild: { buildNumber: '42' } } } }]);
  });

  it('failed builds are told with what became of each', () => {
    const failure = { kind: 'conflict' as const, message: 'The build did not succeed' };
    const builds = [{ platform: 'IOS', status: 'FAILED' }];
    const failed = (type: string, output?: Record<string, unknown>) =>
      noticesOf({ kind: 'task-failed', ...head, task: { id: 'T', key: type, type, attempt: 1 }, failure, ...(output && { output }) });

    expect(failed('TRIGGER_REGRESSION_BUILDS', { builds, other: 1 })).toMatchObject([
      { type: 'REGRESSION_BUILDS_FAILED', data: { builds } },
    ]);
    expect(failed('TRIGGER_REGRESSION_BUILDS')[0]?.data).not.toHaveProperty('builds');
    expect(failed('FORK_BRANCH', { builds })[0]?.data).not.toHaveProperty('builds');
  });

  it('leaves the stores’ own events to those who see them', () => {
    expect(['SUBMIT_TO_APP_STORE', 'ROLL_OUT', 'COMPLETE_RELEASE'].flatMap((type) => noticesOf(completed(type)))).toEqual([]);
  });
});
