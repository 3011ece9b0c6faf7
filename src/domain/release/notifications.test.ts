import { describe, expect, it } from 'vitest';
import type { NotificationInput, NotificationType } from './notification-data.ts';
import { notificationTypes, renderNotification } from './notifications.ts';

const release = {
  displayId: 'REL-7',
  versions: [{ platform: 'IOS' as const, target: 'APP_STORE' as const, version: '1.4.0' }],
  url: 'https://signalbox.example/releases/7',
};
const builds = [{ platform: 'IOS' as const, version: '1.4.0', url: 'https://ci.example/1', artifactUrl: null }];
const failures = [{ platform: 'IOS' as const, message: 'The run failed.', url: 'https://ci.example/1' }];
const links = [{ platform: 'IOS' as const, label: 'APP-1', url: 'https://tracker.example/APP-1' }];
const storeEvent = { platform: 'ANDROID' as const, target: 'PLAY_STORE' as const, version: '1.4.0' };

const samples: { [T in NotificationType]: NotificationInput<T> } = {
  PRE_KICKOFF_REMINDER: { release, kickOffDate: '2025-06-02T09:00:00.000Z', baseBranch: 'main' },
  BRANCH_FORKOUT: { release, branch: 'release/1.4.0', baseBranch: 'main', commit: 'a'.repeat(40), url: null },
  PROJECT_MANAGEMENT_LINKS: { release, tickets: links },
  TEST_MANAGEMENT_LINKS: { release, testRuns: links },
  PREREGRESSION_BUILDS: { release, builds },
  REGRESSION_BUILDS: { release, cycle: 2, rcTag: 'v1.4.0-rc.2', builds, testRuns: links, notes: 'Fixes' },
  PREREGRESSION_BUILDS_FAILED: { release, failures },
  REGRESSION_BUILDS_FAILED: { release, cycle: 2, failures },
  TEST_RESULTS_SUMMARY: {
    release,
    cycle: 2,
    thresholdPercent: 90,
    results: [
      { platform: 'IOS', counts: { passed: 9, failed: 1, total: 10 }, url: null },
      { platform: 'ANDROID', counts: null, url: null },
    ],
  },
  FINAL_RELEASE_NOTES: { release, tag: 'v1.4.0', text: '## Fixes', url: null },
  REGRESSION_STAGE_APPROVAL_REQUEST: { release, cycle: 2, rcTag: 'v1.4.0-rc.2', commit: 'a'.repeat(40), quorum: 2 },
  PRE_RELEASE_CHERRY_PICKS_REMINDER: { release, rcTag: 'v1.4.0-rc.2', commits: [{ sha: 'c'.repeat(40), subject: 'Fix it', url: null }] },
  POST_REGRESSION_SUMMARY: { release, tag: 'v1.4.0', builds, notesUrl: null },
  TASK_FAILED: {
    release,
    task: { id: 't', type: 'FORK_BRANCH', title: 'Fork the release branch' },
    message: 'No access.',
    remedy: 'Grant it.',
  },
  RELEASE_PAUSED: { release, reasons: ['USER_REQUESTED'], by: 'Ada', note: 'Lunch' },
  RELEASE_RESUMED: { release, by: 'Ada', note: null },
  GATE_OVERRIDDEN: { release, how: 'skipped', by: 'Ada', reason: 'Board decision' },
  RELEASE_COMPLETED: { release, completedAt: '2025-06-02T18:00:00.000Z', tag: 'v1.4.0' },
  RELEASE_ARCHIVED: { release, by: null, reason: 'Cancelled' },
  TARGET_DATE_CHANGED: { release, before: '2025-06-02T18:00:00.000Z', after: '2025-06-03T18:00:00.000Z', reason: 'A bug', by: 'Ada' },
  NEW_SLOT_ADDED: { release, date: '2025-06-02T12:00:00.000Z', by: null },
  CYCLE_ABANDONED: { release, cycle: 2, rcTag: 'v1.4.0-rc.2', by: 'Ada', reason: 'Wrong commit' },
  REGRESSION_KICKOFF_REMINDER: { release, date: '2025-06-02T12:00:00.000Z', cycle: 2 },
  MANUAL_BUILD_UPLOAD_REMINDER: { release, platforms: ['IOS'], deadline: '2025-06-02T12:00:00.000Z' },
  RELEASE_NOTES: { release, cycle: 2, rcTag: 'v1.4.0-rc.2', text: 'Fixes' },
  BLOCKER_ADDED: { release, title: 'APP-9 Crash', url: 'https://tracker.example/APP-9', open: 1, by: 'Ada' },
  BLOCKERS_RESOLVED: { release, resolved: 1 },
  FILE_SHARED: { release, name: 'app.apk', size: '41.3 MB', note: 'For QA', by: 'Ada', url: null, until: null },
  IOS_TEST_FLIGHT_BUILD: { release, builds, buildNumber: '140' },
  ANDROID_AAB_BUILD: { release, builds, buildNumber: null },
  PRE_RELEASE_STAGE_APPROVAL_REQUEST: { release, tag: 'v1.4.0', commit: 'a'.repeat(40), quorum: 2 },
  APPROVAL_REMINDER: {
    release,
    gate: 'pre-release',
    name: 'v1.4.0-rc.2',
    missing: '1 of 2 approvals',
    since: '2025-06-02T09:00:00.000Z',
    number: 1,
  },
  APPROVAL_ESCALATION: {
    ...{ release, gate: 'distribution', name: 'v1.4.0', missing: '0 of 1 approval', since: '2025-06-02T09:00:00.000Z' },
    ...{ critical: true, people: ['Ada', 'Grace'] },
  },
  STORE_SUBMITTED: { release, ...storeEvent },
  STORE_APPROVED: { release, ...storeEvent },
  STORE_REJECTED: { release, ...storeEvent, reason: 'Guideline 2.1' },
  ROLLOUT_STARTED: { release, ...storeEvent, fraction: 0.01 },
  ROLLOUT_STEPPED: { release, ...storeEvent, fraction: 0.05 },
  ROLLOUT_HALTED: { release, ...storeEvent, fraction: 0.05, by: 'Ada', reason: 'Crashes' },
  ROLLOUT_UNPROVEN: { release, ...storeEvent, fraction: 0.05, reason: 'there is no evidence for the next share: crashes: no series' },
  ROLLOUT_RESUMED: { release, ...storeEvent, outside: true },
  ROLLOUT_COMPLETED: { release, ...storeEvent },
  RELEASE_STATUS: {
    release,
    ...{ status: 'PAUSED', stage: 'DISTRIBUTION', waitsFor: 'A person resumes it.', endedAt: null },
    ...{ kickOffDate: '2025-06-01T09:00:00.000Z', targetReleaseDate: '2025-06-02T18:00:00.000Z' },
    progress: [{ stage: 'KICKOFF', status: 'COMPLETED', done: 3, total: 3 }],
    stores: [{ target: 'PLAY_STORE', status: 'PROGRESSING', fraction: 0.05, url: null }],
    links: [{ label: 'Branch', value: 'release/1.4.0', url: null }],
  },
};

const render = <T extends NotificationType>(type: T) => renderNotification(type, samples[type]);

describe('renderNotification', () => {
  it.each(notificationTypes)('tells %s in one line that names the release, and links the release below', (type) => {
    const { content } = render(type);

    expect(content.summary).toMatch(/^REL-7: \S[^\n]*$/);
    expect(content.summary).not.toMatch(/undefined|null|\[object/);
    expect(JSON.stringify(content.sections)).not.toMatch(/undefined|\[object/);
    expect(content.sections.at(-1)?.fields?.[0]).toEqual({ label: 'Release', value: 'REL-7', url: release.url });
  });

  it('sends each type to its bucket', () => {
    expect(Object.fromEntries(notificationTypes.map((type) => [type, render(type).bucket]))).toEqual({
      PRE_KICKOFF_REMINDER: 'releases',
      BRANCH_FORKOUT: 'releases',
      PROJECT_MANAGEMENT_LINKS: 'releases',
      TEST_MANAGEMENT_LINKS: 'regression',
      PREREGRESSION_BUILDS: 'builds',
      REGRESSION_BUILDS: 'regression',
      PREREGRESSION_BUILDS_FAILED: 'builds',
      REGRESSION_BUILDS_FAILED: 'builds',
      TEST_RESULTS_SUMMARY: 'regression',
      FINAL_RELEASE_NOTES: 'releases',
      REGRESSION_STAGE_APPROVAL_REQUEST: 'regression',
      PRE_RELEASE_CHERRY_PICKS_REMINDER: 'releases',
      POST_REGRESSION_SUMMARY: 'releases',
      TASK_FAILED: 'critical',
      RELEASE_PAUSED: 'critical',
      RELEASE_RESUMED: 'releases',
      GATE_OVERRIDDEN: 'critical',
      RELEASE_COMPLETED: 'releases',
      RELEASE_ARCHIVED: 'releases',
      TARGET_DATE_CHANGED: 'releases',
      NEW_SLOT_ADDED: 'regression',
      CYCLE_ABANDONED: 'regression',
      REGRESSION_KICKOFF_REMINDER: 'regression',
      MANUAL_BUILD_UPLOAD_REMINDER: 'builds',
      RELEASE_NOTES: 'regression',
      BLOCKER_ADDED: 'critical',
      BLOCKERS_RESOLVED: 'critical',
      FILE_SHARED: 'builds',
      IOS_TEST_FLIGHT_BUILD: 'builds',
      ANDROID_AAB_BUILD: 'builds',
      PRE_RELEASE_STAGE_APPROVAL_REQUEST: 'releases',
      APPROVAL_REMINDER: 'regression',
      APPROVAL_ESCALATION: 'critical',
      STORE_SUBMITTED: 'releases',
      STORE_APPROVED: 'releases',
      STORE_REJECTED: 'critical',
      ROLLOUT_STARTED: 'releases',
      ROLLOUT_STEPPED: 'releases',
      ROLLOUT_HALTED: 'critical',
      ROLLOUT_UNPROVEN: 'critical',
      ROLLOUT_RESUMED: 'releases',
      ROLLOUT_COMPLETED: 'releases',
      RELEASE_STATUS: 'releases',
    });
  });

  it('is the same whether the data were stored in between or not', () => {
    for (const type of notificationTypes) {
      expect(renderNotification(type, JSON.parse(JSON.stringify(samples[type])))).toEqual(render(type));
    }
  });

  it('tells a failed task with what a person must do', () => {
    expect(render('TASK_FAILED').content).toEqual({
      summary: 'REL-7: task "Fork the release branch" failed',
      sections: [
        { text: 'No access.' },
        { heading: 'What to do', text: 'Grant it.' },
        {
          fields: [
            { label: 'Release', value: 'REL-7', url: release.url },
            { label: 'IOS → APP_STORE', value: '1.4.0' },
          ],
        },
      ],
    });
  });

  it('tells who overrode a gate, and why', () => {
    const { content } = render('GATE_OVERRIDDEN');

    expect(content.summary).toBe('REL-7: gate overridden by Ada');
    expect(content.sections.slice(0, 2)).toEqual([
      { text: 'The approval was skipped without the approvals it asks for.' },
      { heading: 'Reason', text: 'Board decision' },
    ]);
  });

  it('tells instants in UTC and says so', () => {
    expect(render('PRE_KICKOFF_REMINDER').content.summary).toBe('REL-7: kickoff at 2025-06-02 09:00 UTC');
  });

  it('says that results could not be read rather than that nothing failed', () => {
    expect(render('TEST_RESULTS_SUMMARY').content.sections[0]?.fields).toEqual([
      { label: 'IOS', value: '9 of 10 passed, 1 failed' },
      { label: 'ANDROID', value: 'could not be read' },
    ]);
  });

  it('links a build’s artifact, or its run where there is none', () => {
    const withArtifact = {
      ...samples.PREREGRESSION_BUILDS,
      builds: builds.map((build) => ({ ...build, artifactUrl: 'https://ci.example/ipa' })),
    };

    expect(renderNotification('PREREGRESSION_BUILDS', withArtifact).content.sections[0]?.fields?.[0]?.url).toBe('https://ci.example/ipa');
    expect(render('PREREGRESSION_BUILDS').content.sections[0]?.fields?.[0]?.url).toBe('https://ci.example/1');
  });

  it('counts in words that fit the number', () => {
    const commits = samples.PRE_RELEASE_CHERRY_PICKS_REMINDER.commits;
    const summaryOf = (given: typeof commits) =>
      renderNotification('PRE_RELEASE_CHERRY_PICKS_REMINDER', { ...samples.PRE_RELEASE_CHERRY_PICKS_REMINDER, commits: given }).content
        .summary;

    expect([summaryOf([]), summaryOf(commits), summaryOf([...commits, ...commits])]).toEqual([
      'REL-7: no commits after v1.4.0-rc.2',
      'REL-7: 1 commit after v1.4.0-rc.2',
      'REL-7: 2 commits after v1.4.0-rc.2',
    ]);
    expect(
      renderNotification('REGRESSION_STAGE_APPROVAL_REQUEST', { ...samples.REGRESSION_STAGE_APPROVAL_REQUEST, quorum: 1 }).content
        .sections[0]?.text,
    ).toContain('One approval is');
  });

  it('keeps the summary on one line whatever names hold, and leaves out sections that say nothing', () => {
    const { content } = renderNotification('RELEASE_RESUMED', {
      release: { ...release, url: null, versions: [] },
      by: 'Ada\nLovelace',
      note: ' ',
    });

    expect(content).toEqual({ summary: 'REL-7: resumed by Ada Lovelace', sections: [{ fields: [{ label: 'Release', value: 'REL-7' }] }] });
  });

  it('does not call failed what waits for its connection', () => {
    const { content } = renderNotification('TASK_FAILED', { ...samples.TASK_FAILED, waits: true });

    expect(content.summary).toBe('REL-7: task "Fork the release branch" waits for a connection to be mended');
  });

  it('completes a release that has no tag', () => {
    const { content } = renderNotification('RELEASE_COMPLETED', { ...samples.RELEASE_COMPLETED, tag: null });

    expect(content.sections[0]?.fields).toEqual([{ label: 'Completed at', value: '2025-06-02 18:00 UTC' }]);
  });
});
