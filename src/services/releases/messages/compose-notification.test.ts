import { describe, expect, it } from 'vitest';
import type { FrozenConfig } from '../../../domain/release/config.ts';
import { notificationTypes } from '../../../domain/release/notifications.ts';
import type { ReleaseContext } from '../../execution/release-source.ts';
import { composeNotification } from './compose-notification.ts';

// Only what compositions read; the rest of a release says nothing in them.
const release = {
  id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
  displayId: 'REL-7',
  branch: 'release/1.4.0',
  baseBranch: 'main',
  releaseTag: 'v1.4.0',
  config: { gates: { quorum: 2 }, automationPassThresholdPercent: 90 } as FrozenConfig,
  platforms: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' }],
  cycles: [{ number: 2, rcTag: 'v1.4.0-rc.2', rcCommit: 'c0ffee' }],
} as ReleaseContext;

const createdAt = new Date('2026-03-01T12:30:00.000Z');
const compose = (stored: { type: string; data: Record<string, unknown> }, of: ReleaseContext) =>
  composeNotification({ ...stored, createdAt }, of);
const summaryOf = (type: string, data: Record<string, unknown>) => compose({ type, data }, release)?.content.summary;

describe('composeNotification', () => {
  it.each([
    'STORE_SUBMITTED',
    'STORE_APPROVED',
    'STORE_REJECTED',
    'ROLLOUT_STARTED',
    'ROLLOUT_STEPPED',
    'ROLLOUT_HALTED',
    'ROLLOUT_UNPROVEN',
    'ROLLOUT_RESUMED',
    'ROLLOUT_COMPLETED',
  ])('tells %s from its row, which says all of it', (type) => {
    const data = { platform: 'IOS', target: 'APP_STORE', version: '2.0.0', buildNumber: '7', url: 'https://store.example/1', secret: 'x' };

    const message = compose({ type, data }, release);

    expect(message?.content.summary).toContain('2.0.0 → APP_STORE');
    expect(message?.content.sections[0]?.fields).toEqual([
      { label: 'IOS', value: '2.0.0', url: 'https://store.example/1' },
      { label: 'Build', value: '7' },
    ]);
  });

  it('takes from the release what the row of a store event leaves out', () => {
    expect(summaryOf('ROLLOUT_HALTED', { target: 'PLAY_STORE', fraction: 0.2, by: 'Ada' })).toBe(
      'REL-7: rollout of 1.4.0 → PLAY_STORE halted at 20 % of the users by Ada',
    );
    expect(summaryOf('ROLLOUT_HALTED', { target: 'PLAY_STORE', outside: true, by: 'Ada' })).toContain("in the store's console");
  });

  it('tells builds for the stores from the output of their task', () => {
    const output = { builds: [{ platform: 'ANDROID', url: 'https://ci.example/1' }], storeBuild: { id: 'b', buildNumber: '140' } };

    const message = compose({ type: 'ANDROID_AAB_BUILD', data: { taskId: 't', output } }, release);

    expect(message?.bucket).toBe('builds');
    expect(message?.content.summary).toBe('REL-7: the Play bundle 140 is ready');
    expect(message?.content.sections[0]?.fields).toEqual([{ label: 'ANDROID', value: '1.4.0', url: 'https://ci.example/1' }]);
    expect(summaryOf('IOS_TEST_FLIGHT_BUILD', { taskId: 't', output: {} })).toBe('REL-7: the TestFlight build is ready');
  });

  it('tells each build that failed by its own platform, with its page, and none that did not', () => {
    const builds = [
      { platform: 'ANDROID', status: 'SUCCEEDED', providerState: 'success', url: 'https://ci.example/1' },
      { platform: 'IOS', status: 'FAILED', providerState: 'timed_out', url: 'https://ci.example/2' },
      { platform: 'WEB', status: 'CANCELLED', providerState: null, url: null },
    ];
    const failure = { kind: 'conflict', message: 'The build did not succeed: IOS failed; WEB cancelled' };

    const message = compose({ type: 'REGRESSION_BUILDS_FAILED', data: { failure, builds } }, release);

    expect(message?.content.sections[0]?.fields).toEqual([
      { label: 'IOS', value: 'failed (timed_out)', url: 'https://ci.example/2' },
      { label: 'WEB', value: 'cancelled (no reason given)' },
    ]);
  });

  it('tells why builds failed where it is not known which', () => {
    const failure = { kind: 'conflict', message: 'The store refuses the bundle' };

    for (const type of ['PREREGRESSION_BUILDS_FAILED', 'REGRESSION_BUILDS_FAILED']) {
      const message = compose({ type, data: { failure } }, release);

      expect(message?.content.sections[0]?.fields).toEqual([{ label: 'ANDROID', value: 'The store refuses the bundle' }]);
    }
  });

  it('tells when a release was completed, whenever it is told', () => {
    const message = compose({ type: 'RELEASE_COMPLETED', data: {} }, release);

    expect(message?.content.sections[0]?.fields?.[0]).toEqual({ label: 'Completed at', value: '2026-03-01 12:30 UTC' });
  });

  it('offers to run a failed task again, and nothing where it is not known which', () => {
    const data = { taskId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y30', taskType: 'FORK_BRANCH', failure: { kind: 'internal', message: 'x' } };

    const [retry, ...more] = compose({ type: 'TASK_FAILED', data }, release)?.content.actions ?? [];

    expect(retry).toMatchObject({ id: 'task.retry', value: `${release.id}:${data.taskId}` });
    expect(more).toEqual([]);
    expect(compose({ type: 'TASK_FAILED', data: { ...data, taskId: 't' } }, release)?.content.actions).toBeUndefined();
  });

  it('tells the notes of a candidate from the output of their task', () => {
    expect(summaryOf('RELEASE_NOTES', { taskId: 't', cycle: 2, output: { head: 'v1.4.0-rc.2', text: 'Fixes' } })).toBe(
      'REL-7: changes in v1.4.0-rc.2 (cycle 2)',
    );
  });

  it('tells what commands wrote as they wrote it, and nothing of a type that nobody renders', () => {
    expect(summaryOf('BLOCKERS_RESOLVED', { resolved: 2 })).toBe('REL-7: all 2 blockers are resolved');
    expect(compose({ type: 'NO_SUCH_TYPE', data: {} }, release)).toBeNull();
    // Messages that tasks send themselves have no row, and how a release or a gate stands is read when it is sent.
    const composedElsewhere = [
      'RELEASE_STATUS',
      'REGRESSION_STAGE_APPROVAL_REQUEST',
      'PRE_RELEASE_STAGE_APPROVAL_REQUEST',
      'PRE_KICKOFF_REMINDER',
      'REGRESSION_BUILDS',
      'PRE_RELEASE_CHERRY_PICKS_REMINDER',
      'POST_REGRESSION_SUMMARY',
      'FILE_SHARED',
    ];
    const date = '2025-06-02T12:00:00.000Z';
    const ofTask = { failure: { kind: 'internal', message: 'x' }, output: {}, taskType: 'FORK_BRANCH', cycle: 1 };
    const ofCommand = { ...{ date, before: date, after: date }, reason: 'r', note: null, by: null, reasons: [], title: 't', platforms: [] };
    const ofGate = { gate: 'distribution', since: date, people: [] };
    const data = { ...ofTask, ...ofCommand, ...ofGate, deadline: null, open: 1, resolved: 1 };
    expect(compose({ type: 'APPROVAL_REMINDER', data }, release)?.bucket).toBe('releases');
    expect(compose({ type: 'APPROVAL_ESCALATION', data: { ...data, gate: 'pre-release' } }, release)?.bucket).toBe('regression');
    expect(compose({ type: 'APPROVAL_ESCALATION', data: { ...data, critical: true } }, release)?.bucket).toBe('critical');
    for (const type of notificationTypes.filter((known) => !composedElsewhere.includes(known))) {
      expect([type, compose({ type, data }, release) === null]).toEqual([type, false]);
    }
  });
});
