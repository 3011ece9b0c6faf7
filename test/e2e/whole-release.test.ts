import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantEffects } from '../../sandbox/world.ts';
import type { TaskDetail } from '../../src/services/releases/tasks/get-task.ts';
import { testDatabases } from '../support/databases.ts';
import { expectEveryHistoryReplays } from '../support/history-replays.ts';
import { parseLine } from './process.ts';
import type { ReleaseHandle } from './release.ts';
import { dumpDatabase, dumpRedis } from './stores.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

const kickoff = [
  'PRE_KICK_OFF_REMINDER',
  'FORK_BRANCH',
  'CREATE_PROJECT_MANAGEMENT_TICKET',
  'CREATE_TEST_SUITE',
  'TRIGGER_PRE_REGRESSION_BUILDS',
];
const cycle = [
  ...['CREATE_RC_TAG', 'CREATE_RELEASE_NOTES', 'TRIGGER_REGRESSION_BUILDS'],
  ...['TRIGGER_AUTOMATION_RUNS', 'AUTOMATION_RUNS', 'SEND_REGRESSION_BUILD_MESSAGE'],
];
const postRegression = [
  ...['PRE_RELEASE_CHERRY_PICKS_REMINDER', 'CHECK_PROJECT_RELEASE_APPROVAL', 'CREATE_RELEASE_TAG', 'CREATE_FINAL_RELEASE_NOTES'],
  ...['TRIGGER_TEST_FLIGHT_BUILD', 'CREATE_AAB_BUILD', 'SEND_POST_REGRESSION_MESSAGE'],
];

/** Of the engine's notices, and of the tasks whose work is to tell people. */
const messages = [
  ...[
    'ANDROID_AAB_BUILD',
    'BRANCH_FORKOUT',
    'FINAL_RELEASE_NOTES',
    'IOS_TEST_FLIGHT_BUILD',
    'POST_REGRESSION_SUMMARY',
    'PREREGRESSION_BUILDS',
    'PRE_KICKOFF_REMINDER',
    'PRE_RELEASE_CHERRY_PICKS_REMINDER',
    'PROJECT_MANAGEMENT_LINKS',
    'REGRESSION_BUILDS',
    'REGRESSION_BUILDS',
    'REGRESSION_STAGE_APPROVAL_REQUEST',
  ],
  ...[
    'RELEASE_COMPLETED',
    'RELEASE_NOTES',
    'RELEASE_NOTES',
    'RELEASE_STATUS',
    'TEST_MANAGEMENT_LINKS',
    'TEST_RESULTS_SUMMARY',
    'TEST_RESULTS_SUMMARY',
  ],
];

describe.each(testDatabases())('a whole release with its rows on $name', (server) => {
  let world: World;
  let tenant: TenantWorld;
  let release: ReleaseHandle;
  let tasks: TaskDetail[];
  let effects: TenantEffects;
  let secretsMidway: string[];

  beforeAll(async () => {
    const robots = { developer: { fixAfterMs: 50 } };
    world = await openWorld({ server, workers: 2, sandbox: { robots }, env: { LOG_LEVEL: 'trace' } });
    tenant = world.tenant();
    const reminder = new Date(Date.now() + 2_000).toISOString();
    release = await tenant.createRelease({ kickOffInMs: 2_200, slots: [2_300, 4_500], more: { kickOffReminderDate: reminder } });
    await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
    secretsMidway = await secretsKept();
    await release.decide('APPROVED');
    await release.until('COMPLETED');
    await world.untilTold();
    tasks = await Promise.all((await release.tasks()).map(({ id }) => tenant.owner.get<TaskDetail>(`${release.path}/tasks/${id}`)));
    effects = tenant.effects();
  });
  afterAll(() => world?.stopAll());

  it('passes its three stages with two regression cycles and every task the config asks for', async () => {
    const { stages, slots } = await release.view();

    expect(stages.map(({ key, status, attempt }) => ({ key, status, attempt }))).toEqual([
      { key: 'KICKOFF', status: 'COMPLETED', attempt: 1 },
      { key: 'REGRESSION', status: 'COMPLETED', attempt: 2 },
      { key: 'POST_REGRESSION', status: 'COMPLETED', attempt: 1 },
    ]);
    expect(slots.map(({ status, cycle: round }) => [status, round?.number, round?.status, round?.rcTag])).toEqual([
      ['USED', 1, 'DONE', 'v1.4.0-rc.1'],
      ['USED', 2, 'DONE', 'v1.4.0-rc.2'],
    ]);
    const types = (stage: string, attempt: number) =>
      tasks.filter((task) => task.stage === stage && task.stageAttempt === attempt).map(({ type }) => type);
    expect(types('KICKOFF', 1)).toEqual(kickoff);
    expect(types('REGRESSION', 1)).toEqual(cycle);
    expect(types('REGRESSION', 2)).toEqual(['RESET_TEST_SUITE', ...cycle, 'APPROVE_REGRESSION']);
    expect(types('POST_REGRESSION', 1)).toEqual(postRegression);
  });

  it('shows each task done, by whom, with what it found out', () => {
    for (const task of tasks) {
      expect({ type: task.type, status: task.status, failure: task.failure }).toEqual({
        type: task.type,
        status: 'COMPLETED',
        failure: null,
      });
      expect(task.attempts.at(-1)).toMatchObject({ outcome: 'completed', worker: expect.stringMatching(/^worker-/), failure: null });
      expect(Object.keys(task.output ?? {})).not.toEqual([]);
      for (const { status } of task.dependsOn) expect(status).toBe('COMPLETED');
    }
  });

  it('starts no task before what it depends on has ended, nor before its time', async () => {
    const ends = new Map(tasks.map(({ id, finishedAt }) => [id, finishedAt ?? '']));

    const early = tasks.filter(
      ({ startedAt, notBefore, dependsOn }) =>
        (notBefore !== null && (startedAt ?? '') < notBefore) || dependsOn.some(({ id }) => (startedAt ?? '') < (ends.get(id) ?? '')),
    );

    expect(early.map(({ type }) => type)).toEqual([]);
    expect(tasks.filter(({ dependsOn }) => dependsOn.length > 0).length).toBeGreaterThan(10);
  });

  it('has a history that replays to the state it is in', async () => {
    await expectEveryHistoryReplays(world.db);
  });

  it('says who approved which commit', async () => {
    const { gate } = await release.view();
    const rcCommit = effects.tags.find(({ name }) => name === 'v1.4.0-rc.2')?.commit;

    expect(gate).toMatchObject({ status: 'COMPLETED', quorum: 1 });
    expect(gate?.approvals).toMatchObject([{ decision: 'APPROVED', commit: rcCommit, by: { displayName: 'release-manager of Acme' } }]);
  });

  it('left one branch and its tags, each on the commit it stands for', async () => {
    const { forkCommit } = await release.view();
    const { git } = tenant.sandbox.repository;
    const head = git.branches.get('release/1.4.0');

    expect(fresh(effects.branches)).toEqual([{ name: 'release/1.4.0', commit: head }]);
    expect(git.commits.get(head ?? '')?.parents).toEqual([forkCommit]);
    expect(forkCommit).toBe(git.branches.get('main'));
    expect(fresh(effects.tags)).toEqual([
      { name: 'v1.4.0-rc.1', commit: forkCommit, annotated: true },
      { name: 'v1.4.0-rc.2', commit: head, annotated: true },
      { name: 'v1.4.0', commit: head, annotated: true },
    ]);
  });

  it('ran each build once, on its ref, under its correlation id', async () => {
    const stored = await world.db.rows<{ correlationId: string; handle: string; ref: string; status: string }>(
      'SELECT correlation_id AS correlationId, handle, ref, status FROM builds ORDER BY CAST(handle AS UNSIGNED)',
    );
    const shown = await release.builds();

    expect(stored.map(({ correlationId, handle, ref }) => [handle, correlationId, ref])).toEqual(
      effects.runs.map(({ id, correlationId, ref }) => [String(id), correlationId, ref]),
    );
    expect(tally(effects.runs.map(({ workflow, ref }) => `${workflow} on ${ref}`))).toEqual({
      ...{ 'Android pre-regression on release/1.4.0': 1, 'iOS pre-regression on release/1.4.0': 1 },
      ...{ 'Android regression on v1.4.0-rc.1': 1, 'iOS regression on v1.4.0-rc.1': 1 },
      ...{ 'Android automation on v1.4.0-rc.1': 1, 'iOS automation on v1.4.0-rc.1': 1 },
      ...{ 'Android regression on v1.4.0-rc.2': 1, 'iOS regression on v1.4.0-rc.2': 1 },
      ...{ 'Android automation on v1.4.0-rc.2': 1, 'iOS automation on v1.4.0-rc.2': 1 },
      ...{ 'TestFlight on v1.4.0': 1, 'Play bundle on v1.4.0': 1 },
    });
    expect(shown).toHaveLength(12);
    for (const { status, artifact, workflowType } of shown) {
      expect([status, artifact !== null]).toEqual(['SUCCEEDED', workflowType !== 'AUTOMATION_BUILD']);
    }
  });

  it('gave its workflows the version, the branch and the tag they declare', () => {
    const { runs } = tenant.sandbox.repository;
    const inputsOf = (name: string, ref: string) => runs.find((run) => run.workflow.name === name && run.ref === ref)?.inputs;

    expect(inputsOf('Android regression', 'v1.4.0-rc.2')).toMatchObject({
      version: '1.4.0',
      branch: 'release/1.4.0',
      rc_tag: 'v1.4.0-rc.2',
    });
    expect(inputsOf('TestFlight', 'v1.4.0')).toMatchObject({ version: '1.4.0', release_tag: 'v1.4.0' });
  });

  it('made one ticket and one test run per platform, and had the tests done again for the second candidate', async () => {
    const { platforms } = await release.view();
    const tickets = fresh(effects.tickets);

    expect(tickets.map(({ key, title, status }) => ({ key, title, status }))).toEqual([
      { key: platforms[0]?.ticket?.key, title: 'Release 1.4.0 (ANDROID)', status: 'Done' },
      { key: platforms[1]?.ticket?.key, title: 'Release 1.4.0 (IOS)', status: 'Done' },
    ]);
    expect(effects.testRuns.map(({ id, results }) => [String(id), results])).toEqual([
      [platforms[0]?.testRun?.id, { Passed: 12 }],
      [platforms[1]?.testRun?.id, { Passed: 12 }],
    ]);
    const histories = effects.testRuns.flatMap(({ id }) => world.fakes.checkmate.world.history(id));
    expect(new Set(histories.map((results) => results.filter((result) => result === 'Passed').length))).toEqual(new Set([2]));
  });

  it('wrote the notes of each candidate, and those of the release into its object at the provider', async () => {
    const notes = await release.notes();

    expect(notes.map(({ kind, cycle: of, headRef }) => [kind, of, headRef])).toEqual([
      ['cycle', 1, 'v1.4.0-rc.1'],
      ['cycle', 2, 'v1.4.0-rc.2'],
      ['final', null, 'v1.4.0'],
    ]);
    expect(notes[1]?.baseRef).toBe('v1.4.0-rc.1');
    expect(notes[1]?.markdown).toContain('voucher is applied once');
    expect(effects.releases).toEqual([{ tag: 'v1.4.0', name: '1.4.0', body: notes[2]?.markdown }]);
  });

  it('told people each thing once', async () => {
    const rows = await world.db.rows<{ id: string; type: string; status: string }>('SELECT id, type, status FROM deliveries ORDER BY type');
    const posted = effects.messages.flatMap(({ key }) => (key === null ? [] : [key.replace('signalbox:', '')]));

    expect(rows.map(({ type, status }) => [type, status])).toEqual(messages.map((type) => [type, 'DONE']));
    expect(posted.sort()).toEqual(rows.map(({ id }) => id).sort());
    expect(effects.duplicates).toEqual([]);
  });

  it('keeps no secret in a log, a row or Redis, neither midway nor at the end', async () => {
    expect(secretsMidway).toEqual([]);
    expect(await secretsKept()).toEqual([]);

    // The same search finds what is there, in each of the places, sealed credentials and stored webhooks included.
    const { logs, rows, keys } = await everythingKept();
    expect(logs.some((line) => line.includes(release.id))).toBe(true);
    expect(rows.filter((row) => row.startsWith('tenant_scm_integrations') && row.includes('e2e'))).toHaveLength(1);
    expect(rows.some((row) => row.startsWith('webhook_events') && row.includes('"workflow_run"'))).toBe(true);
    expect(rows.some((row) => row.startsWith('attempt_calls') && row.includes('/git/refs'))).toBe(true);
    expect(keys.some((key) => key.includes('ticks'))).toBe(true);
  });

  it('logs no error on the way', () => {
    const entries = world.logs().map((line) => ({ line, level: parseLine(line)?.level }));

    expect(entries.filter(({ level }) => level === undefined || level === 'error' || level === 'fatal')).toEqual([]);
    expect(entries.length).toBeGreaterThan(100);
  });

  async function everythingKept(): Promise<{ logs: string[]; rows: string[]; keys: string[] }> {
    const rows = await dumpDatabase(world.databaseUrl);
    const keys = await dumpRedis(world.redisUrl, world.prefix);
    return { logs: world.logs(), rows: rows.map(({ table, text }) => `${table}\n${text}`), keys: keys.map(({ text }) => text) };
  }

  /** Where a secret of anybody stands in clear. */
  async function secretsKept(): Promise<string[]> {
    const { github, tracker, checkmate, slack } = world.sandbox.access();
    const { email, apiToken = '' } = tracker.credentials;
    const secrets = [
      ...[github.token, apiToken, checkmate.token, slack.token, Buffer.from(`${email}:${apiToken}`).toString('base64')],
      ...[tenant.webhookSecret, tenant.ownerToken, (await tenant.person('viewer')).token, world.env.SIGNALBOX_KEYS?.split(':')[1]],
    ];
    const { logs, rows, keys } = await everythingKept();
    return [...logs, ...rows, ...keys].filter((text) => secrets.some((secret) => secret === undefined || text.includes(secret)));
  }
});

/** What was not there from the beginning. */
function fresh<T extends { seeded: boolean }>(items: readonly T[]): Omit<T, 'seeded'>[] {
  return items.filter(({ seeded }) => !seeded).map(({ seeded: _seeded, ...item }) => item);
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
