import { afterEach, describe, expect, it } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/world.ts';
import { waitFor } from '../support/wait-for.ts';

let sandbox: Sandbox | undefined;

afterEach(async () => {
  await sandbox?.close();
  sandbox = undefined;
});

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await startSandbox(options);
  return sandbox;
}

describe('the world at the start', () => {
  it('has a repository with a released version, work after it, a revert with its commit, and a breaking change', async () => {
    const { repository } = (await start({ robots: false })).tenant();

    const since = repository.git.compare('v1.3.0', 'main')?.ahead ?? [];

    const subjects = since.map(({ message }) => message.split('\n')[0] ?? '');
    const reverted = since.find(({ message }) => message === 'feat(home): recommendations above the fold');
    const revert = since.find(({ message }) => message.startsWith('Revert "feat(home): recommendations'));
    expect(revert?.message).toContain(`This reverts commit ${reverted?.sha}.`);
    expect(subjects.some((subject) => subject.includes('!:'))).toBe(true);
    expect(new Set(since.map(({ author }) => author.login)).size).toBeGreaterThanOrEqual(4);
    expect(repository.git.commits.size).toBeGreaterThanOrEqual(25);
  });

  it('has merged pull requests whose merge commits are on the default branch', async () => {
    const { repository } = (await start({ robots: false })).tenant();
    const onMain = new Set(repository.git.compare('v1.3.0', 'main')?.ahead.map(({ sha }) => sha));

    const merged = repository.pulls.filter(({ mergeCommit }) => mergeCommit !== null && onMain.has(mergeCommit));

    expect(merged.length).toBeGreaterThanOrEqual(4);
    expect(merged.every(({ labels }) => labels.length > 0)).toBe(true);
    expect([...repository.git.branches.keys()]).toEqual(['main']);
  });

  it('lies in the past, in order', async () => {
    const { repository } = (await start({ robots: false })).tenant();

    const dates = [...repository.git.commits.values()].map(({ date }) => Date.parse(date));

    expect(dates).toEqual(dates.toSorted((a, b) => a - b));
    expect(Date.now() - (dates[0] ?? 0)).toBeGreaterThan(20 * 86_400_000);
    expect(dates.at(-1)).toBeLessThanOrEqual(Date.now());
  });

  it('holds no effect yet', async () => {
    const effects = (await start({ robots: false })).effects();

    expect(new Set(Object.values(effects.counts))).toEqual(new Set([0]));
    expect(effects.duplicates).toEqual([]);
    expect(effects.tags).toEqual([expect.objectContaining({ name: 'v1.3.0', annotated: true, seeded: true })]);
  });

  it('gives each tenant a repository, a project and a workspace that the others cannot see', async () => {
    const { fakes, ...both } = await start({ robots: false, tenants: ['Acme', 'Globex'] });
    const [acme, globex] = [both.access('Acme'), both.access('Globex')];
    const repositoryAs = (token: string) =>
      fetch(`${fakes.github.origin}/repos/acme/shop`, { headers: { authorization: `Bearer ${token}`, 'user-agent': 'test' } });

    const statuses = [(await repositoryAs(acme.github.token)).status, (await repositoryAs(globex.github.token)).status];

    expect(statuses).toEqual([200, 404]);
    expect(globex.github.owner).toBe('globex');
    expect(globex.tracker.place.project).not.toBe(acme.tracker.place.project);
    expect(globex.checkmate.projectId).not.toBe(acme.checkmate.projectId);
    expect(() => both.addTenant('Acme')).toThrow('already');
  });

  it('learns of releases that an earlier sandbox has seen, once, with work after them', async () => {
    const world = await start({ robots: false });

    world.rememberReleases(undefined, ['v1.4.0', 'v1.5.0']);
    world.rememberReleases(undefined, ['v1.5.0']);

    const { git } = world.tenant().repository;
    expect([...git.tags.keys()]).toEqual(['v1.3.0', 'v1.4.0', 'v1.5.0']);
    expect(git.compare('v1.4.0', 'v1.5.0')?.ahead.length).toBeGreaterThan(3);
    expect(git.compare('v1.5.0', 'main')?.ahead.length).toBeGreaterThan(3);
    expect(world.effects().counts.tags).toBe(0);
  });
});

describe('the effects', () => {
  it('name what exists more often than once', async () => {
    const world = await start({ robots: false });
    const { github } = world.fakes;
    const dispatch = (id: string) =>
      github.world.dispatch('acme', 'shop', 'regression-ios.yml', 'main', { version: '1.4.0', signalbox_correlation_id: id });
    dispatch('sbx-1');
    dispatch('sbx-2');
    dispatch('sbx-2');

    const { counts, duplicates, runs } = world.effects();

    expect(counts.runs).toBe(3);
    expect(duplicates).toEqual(['2 × run of iOS regression with sbx-2']);
    expect(runs.map(({ correlationId }) => correlationId)).toEqual(['sbx-1', 'sbx-2', 'sbx-2']);
  });

  it('show a run by its correlation id in its title, as GitHub does by run-name', async () => {
    const world = await start({ robots: false });

    const run = world.fakes.github.world.dispatch('acme', 'shop', 'testflight.yml', 'v1.3.0', {
      version: '1.3.0',
      signalbox_correlation_id: 'sbx-7',
    });

    expect(run.title).toBe('TestFlight 1.3.0 [sbx-7]');
  });
});

describe('the robots', () => {
  it('let a run succeed and show its artifact', async () => {
    const world = await start({ speed: 20 });

    world.fakes.github.world.dispatch('acme', 'shop', 'regression-android.yml', 'main', { version: '1.4.0' });

    const run = await waitFor(() => world.effects().runs.find(({ artifacts }) => artifacts.length > 0), { what: 'the artifact' });
    expect(run).toMatchObject({ status: 'completed', conclusion: 'success', artifacts: ['shop-1.4.0-regression.apk'] });
  });

  it('pass every test of a run, again after a reset, and leave failed ones alone', async () => {
    const world = await start({ speed: 20 });
    const { checkmate } = world.fakes;
    const project = checkmate.world.project(world.tenant().checkmate.projectId);
    const run = checkmate.world.addRun({ projectId: project?.projectId ?? 0, runName: 'A run', tests: project?.tests ?? [] });
    const total = run.tests.size;
    const results = () => world.effects().testRuns[0]?.results ?? {};
    await waitFor(() => results().Passed === total, { what: 'all passed' });

    checkmate.world.setResults(run.runId, { failed: 1, retest: 3 });

    await waitFor(() => results().Passed === total - 1, { what: 'all but the failed one passed again' });
    expect(results()).toEqual({ Failed: 1, Passed: total - 1 });
  });

  it('close a release ticket and touch no other', async () => {
    const world = await start({ speed: 20 });
    const before = world.effects().tickets;

    world.fakes.jira.world.addTicket({ project: 'SHOP', title: 'Release 1.4.0' });

    const isDone = () => world.effects().tickets.some(({ seeded, status }) => !seeded && status === 'Done');
    await waitFor(isDone, { what: 'the ticket to be done' });
    expect(world.effects().tickets.filter(({ seeded }) => seeded)).toEqual(before);
  });

  it('fix something on the branch of the first candidate, once per release, and on no other branch', async () => {
    const world = await start({ speed: 20 });
    const { repository } = world.tenant();
    const head = repository.git.branches.get('main') ?? '';
    for (const version of ['1.4.0', '11.4.0']) repository.git.branches.set(`release/${version}`, head);

    repository.tag('v1.4.0-rc.1', head);
    const fixed = await waitFor(() => moved(), { what: 'a fix' });
    repository.tag('v1.4.0-rc.2', fixed);
    repository.tag('v11.4.0-rc.1', head);
    await waitFor(() => repository.git.branches.get('release/11.4.0') !== head, { what: 'the other release to be fixed' });

    expect(repository.git.branches.get('release/1.4.0')).toBe(fixed);
    expect(repository.git.branches.get('main')).toBe(head);
    expect(repository.git.commits.get(fixed)).toMatchObject({ parents: [head], message: expect.stringMatching(/^fix\(/) });

    function moved(): string | null {
      const now = repository.git.branches.get('release/1.4.0') ?? head;
      return now === head ? null : now;
    }
  });

  it('stay away where they are told to', async () => {
    const world = await start({ speed: 20, robots: { testers: false } });
    const { checkmate } = world.fakes;
    const project = checkmate.world.project(world.tenant().checkmate.projectId);
    checkmate.world.addRun({ projectId: project?.projectId ?? 0, runName: 'A run', tests: project?.tests ?? [] });
    world.fakes.jira.world.addTicket({ project: 'SHOP', title: 'Release 1.4.0' });

    await waitFor(() => world.effects().tickets.some(({ seeded, status }) => !seeded && status === 'Done'), { what: 'the product owner' });

    expect(world.effects().testRuns[0]?.results).toEqual({ Untested: project?.tests.length });
  });
});
