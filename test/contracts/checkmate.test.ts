import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/integrations/kit/define-provider.ts';
import type { CheckmateCredentials, CheckmateSettings } from '../../src/integrations/providers/checkmate/credentials.ts';
import { checkmate } from '../../src/integrations/providers/checkmate/index.ts';
import { checkmateTestManagement } from '../../src/integrations/providers/checkmate/test-management.ts';
import { type CheckmateFake, createCheckmateFake } from '../fakes/checkmate/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { openSpecPeer } from './spec-peer.ts';
import { type TestManagementHarness, testManagementContract } from './test-management.contract.ts';

const TOKEN = 'a1b2c3d4e5f60718';
const everything = { sectionIds: [], labelIds: [], squadIds: [], platformIds: [] };

function connectionTo(
  baseUrl: string,
  token = TOKEN,
  settings: CheckmateSettings = {},
): Connection<CheckmateCredentials, CheckmateSettings> {
  return { id: 'con-1', baseUrl, credentials: checkmate.credentials.parse({ token }) as CheckmateCredentials, settings };
}

function depsOf(options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  return guardedDeps('checkmate', [], options);
}

/** Twelve tests, every third of them with label 5 and platform 2 in section 9. */
function seed(fake: CheckmateFake) {
  fake.world.addUser({ token: TOKEN, userName: 'Release Bot' });
  const tests = Array.from({ length: 12 }, (_, index) =>
    index % 3 === 0 ? { labelIds: [5, 6], platformId: 2, sectionId: 9 } : { labelIds: [6] },
  );
  return { project: fake.world.addProject({ tests }), other: fake.world.addProject({ tests }) };
}

async function harness(): Promise<TestManagementHarness> {
  const fake = await createCheckmateFake();
  const { project, other } = seed(fake);
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      checkmateTestManagement(connectionTo(fake.origin, wrongCredentials ? 'ffffffffffffffff' : TOKEN), depsOf(options)),
    projectId: String(project.projectId),
    otherProjectId: String(other.projectId),
    tests: 12,
    filters: { sectionIds: ['9'], labelIds: ['5', '77'], squadIds: ['0'], platformIds: ['2'] },
    filtered: 4,
    nothing: { ...everything, labelIds: ['5'], platformIds: ['3'] },
    world: {
      runsNamed: (name) =>
        fake.world
          .runs()
          .filter((run) => run.runName === name && run.projectId === project.projectId)
          .map((run) => String(run.runId)),
      addRuns(count) {
        for (let index = 0; index < count; index += 1) {
          fake.world.addRun({ projectId: project.projectId, runName: `Other run ${index}`, tests: [] }).createdOn += 1_000;
        }
      },
      setResults: (runId, { inProgress, ...rest }) =>
        fake.world.setResults(runId, { ...rest, ...(inProgress !== undefined && { inprogress: inProgress }) }),
      lock: (runId) => fake.world.lock(runId),
      archive: (runId) => fake.world.archive(runId),
      rename: (runId, name) => fake.world.rename(runId, name),
      remove: (runId) => fake.world.deleteRun(runId),
      historyLengths: (runId) => fake.world.history(runId).map((entries) => entries.length),
    },
    server: fake,
    requests: {
      read: { method: 'GET', path: '/api/v1/run/detail' },
      list: { method: 'GET', path: '/api/v1/runs' },
      create: { method: 'POST', path: '/api/v1/run/create' },
      reset: { method: 'PUT', path: '/api/v1/run/update-test-status' },
    },
    errorBody: (words) => ({ error: words, status: 500 }),
    secrets: [TOKEN],
    close: () => fake.close(),
  };
}

testManagementContract('checkmate', harness, {
  dialect: { unauthorized: 403, forbidden: 401 },
  skip: [
    {
      reason: 'Checkmate lets runs share a name and has no key to create by; the engine serialises by lock',
      tests: ['ten concurrent ensures create one run'],
    },
  ],
});

describe('checkmate', () => {
  let fake: CheckmateFake;
  beforeEach(async () => {
    fake = await createCheckmateFake();
  });
  afterEach(() => fake.close());
  const newRun = (projectId: number) => ({ projectId: String(projectId), name: 'Release run', description: '', filters: everything });

  it('takes a role that may not create runs for forbidden, not for a wrong token', async () => {
    const { project } = seed(fake);
    fake.world.addUser({ token: 'reader-token-12', role: 'reader' });

    const error = await providerError(
      checkmateTestManagement(connectionTo(fake.origin, 'reader-token-12'), depsOf()).ensureRun(newRun(project.projectId)),
    );

    expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('not authorized') });
  });

  it('names the filters of a run that would be empty, and says so of a project without tests', async () => {
    const { project } = seed(fake);
    const empty = fake.world.addProject({ tests: [] });
    const subject = checkmateTestManagement(connectionTo(fake.origin), depsOf());

    const filtered = await providerError(subject.ensureRun({ ...newRun(project.projectId), filters: { ...everything, squadIds: ['4'] } }));
    const without = await providerError(subject.ensureRun(newRun(empty.projectId)));

    expect(filtered.message).toContain('"squadIds":[4]');
    expect(without).toMatchObject({ kind: 'invalid', message: expect.stringContaining('has no active test') });
  });

  it('takes an unknown project for a matter of configuration', async () => {
    seed(fake);

    const error = await providerError(checkmateTestManagement(connectionTo(fake.origin), depsOf()).ensureRun(newRun(424_242)));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('projectId') });
  });

  it('settles on the oldest where two runs have the name', async () => {
    const { project } = seed(fake);
    const runs = [1, 2].map(() => fake.world.addRun({ projectId: project.projectId, runName: 'Release run', tests: project.tests }));

    const run = await checkmateTestManagement(connectionTo(fake.origin), depsOf()).ensureRun(newRun(project.projectId));

    expect(run.id).toBe(String(runs[0]?.runId));
  });

  it('finds a run that slipped between two pages', async () => {
    const { project } = seed(fake);
    const run = fake.world.addRun({ projectId: project.projectId, runName: 'Release run', tests: project.tests });
    for (let index = 0; index < 120; index += 1)
      fake.world.addRun({ projectId: project.projectId, runName: `Other run ${index}`, tests: [] });
    const others = fake.world.runs().filter((each) => each !== run);
    const page = (list: typeof others) => ({
      status: 200,
      body: { data: { runsData: { runsData: list.map(({ tests: _tests, ...rest }) => rest), runsCount: [{ count: 121 }] } } },
    });
    fake.failNext({ match: { path: '/api/v1/runs' }, ...page(others.slice(0, 100)) });
    fake.failNext({ match: { path: '/api/v1/runs' }, ...page(others.slice(99, 120)) });

    const found = await checkmateTestManagement(connectionTo(fake.origin), depsOf()).findRun({
      projectId: String(project.projectId),
      name: 'Release run',
    });

    expect(found?.id).toBe(String(run.runId));
  });

  it('resets a run of many pages and batches', async () => {
    fake.world.addUser({ token: TOKEN });
    const project = fake.world.addProject({ tests: Array.from({ length: 450 }, () => ({})) });
    const subject = checkmateTestManagement(connectionTo(fake.origin), depsOf());
    const run = await subject.ensureRun(newRun(project.projectId));
    fake.world.setResults(run.id, { passed: 440 });

    await subject.reset({ projectId: String(project.projectId), runId: run.id });

    expect(await subject.results({ projectId: String(project.projectId), runId: run.id })).toMatchObject({
      counts: { total: 450, untested: 450 },
    });
  });

  it('refuses counts that cannot be', async () => {
    const { project } = seed(fake);
    const subject = checkmateTestManagement(connectionTo(fake.origin), depsOf());
    const run = await subject.ensureRun(newRun(project.projectId));
    fake.failNext({ match: { path: '/api/v1/run/state-detail' }, status: 200, body: { data: { total: 1, passed: 2 } } });

    const error = await providerError(subject.results({ projectId: String(project.projectId), runId: run.id }));

    expect(error.kind).toBe('malformed');
  });
});

describe('checkmate verify', () => {
  let fake: CheckmateFake;
  beforeEach(async () => {
    fake = await createCheckmateFake();
  });
  afterEach(() => fake.close());
  const verify = (connection: Connection, timeoutMs = 5_000) => checkmate.verify(connection, depsOf({ timeoutMs }), 'test-management');

  it('names the account', async () => {
    seed(fake);

    expect(await verify(connectionTo(fake.origin))).toEqual({ ok: true, account: 'Release Bot', expiresAt: null, rateLimit: null });
    expect(await verify(connectionTo(fake.origin, TOKEN, { orgId: 1 }))).toMatchObject({ ok: true });
  });

  it('says what is missing: role, projects, token, address', async () => {
    seed(fake);
    fake.world.addUser({ token: 'reader-token-12', role: 'reader' });
    const problems = async (connection: Connection) => {
      const answer = await verify(connection);
      return answer.ok ? [] : answer.problems;
    };

    expect(await problems(connectionTo(fake.origin, 'reader-token-12'))).toEqual([expect.stringContaining('role "user"')]);
    expect(await problems(connectionTo(fake.origin, TOKEN, { orgId: 7 }))).toEqual([
      expect.stringContaining('Organisation 7 has no active project'),
    ]);
    expect(await problems(connectionTo(fake.origin, 'wrong-token-1'))).toEqual([expect.stringContaining('Generate a new one')]);
    expect(await problems(connectionTo(`${fake.origin}/app`))).toEqual([expect.stringContaining('base URL')]);
  });

  it('throws when the question could not be asked', async () => {
    seed(fake);
    fake.failNext({ mode: 'hang' });

    const error = await providerError(verify(connectionTo(fake.origin), 100));

    expect(error.kind).toBe('timeout');
    expectNoSecret(error, [TOKEN]);
  });
});

describe("checkmate against the vendor's description", () => {
  const runOf = { runId: 7, runName: 'Release run', projectId: 3, status: 'Active' };

  it('the adapter sends nothing the description does not know, except what the server wants against its description', async ({ skip }) => {
    const peer = await openSpecPeer('checkmate');
    if (!peer) return skip('the API descriptions are not available here');
    try {
      const at = (path: string, method = 'GET') => ({ method, path: `/api/v1${path}` });
      peer.respond({ ...at('/runs'), body: { data: { runs: [], totalCount: 0 }, status: 200 } });
      peer.respond({ ...at('/run/create', 'POST'), body: { data: { runId: 7, message: 'ok' }, status: 200 } });
      peer.respond({ ...at('/run/detail'), body: { data: runOf, status: 200 }, times: 4 });
      peer.respond({ ...at('/run/state-detail'), body: { data: { total: 3, passed: 1, inprogress: 1, retest: 1 }, status: 200 } });
      peer.respond({ ...at('/user/details'), body: { data: { userId: 1, userName: 'Release Bot', userType: 'user' }, status: 200 } });
      const connection = connectionTo(peer.origin);
      const subject = checkmateTestManagement(connection, depsOf());

      const run = await subject.ensureRun({ projectId: '3', name: 'Release run', description: '', filters: everything });
      const results = await subject.results({ projectId: '3', runId: '7' });
      const verification = await checkmate.verify(connection, depsOf(), 'test-management');
      const clean = [...peer.violations];
      await providerError(subject.reset({ projectId: '3', runId: '7' }));
      peer.respond({ ...at('/runs'), body: { data: { runs: [], totalCount: 0 }, status: 200 } });
      await providerError(
        subject.ensureRun({ projectId: '3', name: 'Other run', description: 'd', filters: { ...everything, labelIds: ['5'] } }),
      );

      expect(run.id).toBe('7');
      expect(results?.counts).toMatchObject({ total: 3, passed: 1, inProgress: 1, untested: 1 });
      expect(verification.ok).toBe(true);
      expect(clean).toEqual([]);
      expect(
        peer.violations.map(({ path, violations }) => [path.split('?')[0], violations.map(({ code, name }) => `${code} ${name}`).sort()]),
      ).toEqual([
        ['/api/v1/run/tests', ['query-unknown projectId']],
        ['/api/v1/run/create', ['body-unknown /filterType', 'body-unknown /labelIds', 'body-unknown /runDescription']],
      ]);
    } finally {
      await peer.close();
    }
  });

  it('the fake answers with bodies the description allows', async ({ skip }) => {
    const peer = await openSpecPeer('checkmate');
    if (!peer) return skip('the API descriptions are not available here');
    const fake = await createCheckmateFake();
    try {
      const { project } = seed(fake);
      const subject = checkmateTestManagement(connectionTo(fake.origin), depsOf());
      const at = (runId: string) => ({ projectId: String(project.projectId), runId });
      const run = await subject.ensureRun({
        projectId: String(project.projectId),
        name: 'Release run',
        description: '',
        filters: everything,
      });
      fake.world.setResults(run.id, { passed: 3 });
      await subject.results(at(run.id));
      await subject.reset(at(run.id));
      await checkmate.verify(connectionTo(fake.origin), depsOf(), 'test-management');

      const misfits = fake.calls.flatMap(({ method, path, status, answer }) => {
        const wrong = peer.checkResponse(method, path, status, answer);
        return wrong ? [`${method} ${path} ${status}: ${wrong.join('; ')}`] : [];
      });
      expect(new Set(fake.calls.map((call) => call.path)).size).toBe(9);
      expect(misfits).toEqual([]);
    } finally {
      await fake.close();
      await peer.close();
    }
  });
});
