import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/integrations/kit/define-provider.ts';
import type { CheckmateCredentials, CheckmateSettings } from '../../src/integrations/providers/checkmate/credentials.ts';
import { checkmate } from '../../src/integrations/providers/checkmate/index.ts';
import { checkmateTestCatalogue } from '../../src/integrations/providers/checkmate/test-catalogue.ts';
import { checkmateTestRunLocking } from '../../src/integrations/providers/checkmate/test-run-locking.ts';
import { type CheckmateFake, createCheckmateFake } from '../fakes/checkmate/index.ts';
import { all, guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { openSpecPeer } from './spec-peer.ts';
import { type TestCatalogueHarness, testCatalogueContract } from './test-catalogue.contract.ts';
import { type TestRunLockingHarness, testRunLockingContract } from './test-run-locking.contract.ts';

const TOKEN = 'a1b2c3d4e5f60718';
const MEMBER = 'b1b2c3d4e5f60719';
const dialect = { unauthorized: 403, forbidden: 401 };

function connectionTo(
  baseUrl: string,
  token = TOKEN,
  settings: CheckmateSettings = {},
): Connection<CheckmateCredentials, CheckmateSettings> {
  return { id: 'con-1', baseUrl, credentials: checkmate.credentials.parse({ token }) as CheckmateCredentials, settings };
}

const depsOf = (options: { signal?: AbortSignal; timeoutMs?: number } = {}) => guardedDeps('checkmate', [], options);

async function catalogueHarness(): Promise<TestCatalogueHarness> {
  const fake = await createCheckmateFake();
  const { world } = fake;
  world.addUser({ token: TOKEN, role: 'reader' });
  const { projectId } = world.addProject({ tests: [] });
  const empty = world.addProject({ tests: [] });
  const elsewhere = world.addOrganisation('Elsewhere');
  for (const platform of ['iOS', 'Android']) world.addPlatform(platform);
  world.addPlatform('Of another organisation', elsewhere);
  for (const label of ['smoke', 'payment']) world.addLabel(projectId, label);
  for (const squad of ['Search', 'Checkout']) world.addSquad(projectId, squad);
  world.addProject({ projectName: 'Of another organisation', orgId: elsewhere, tests: [] });
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      checkmateTestCatalogue(connectionTo(fake.origin, wrongCredentials ? 'ffffffffffffffff' : TOKEN), depsOf(options)),
    facets: { labels: ['smoke', 'payment'], squads: ['Search', 'Checkout'], platforms: ['iOS', 'Android'] },
    projectId: String(projectId),
    emptyProjectId: String(empty.projectId),
    world: {
      addProjects(count, nameOf) {
        for (let index = 0; index < count; index += 1) world.addProject({ projectName: nameOf(index), tests: [] });
      },
      addSection: (name, parentId) => String(world.addSection(projectId, name, parentId === null ? null : Number(parentId))),
      removeProject() {
        const removed = world.addProject({ tests: [] });
        removed.status = 'Deleted';
        return String(removed.projectId);
      },
    },
    server: fake,
    requests: {
      projects: { method: 'GET', path: '/api/v1/projects' },
      sections: { method: 'GET', path: '/api/v1/project/sections' },
      facets: {
        labels: { method: 'GET', path: '/api/v1/labels' },
        squads: { method: 'GET', path: '/api/v1/project/squads' },
        platforms: { method: 'GET', path: '/api/v1/platform' },
      },
    },
    errorBody: (words) => ({ error: words, status: 500 }),
    secrets: [TOKEN],
    close: () => fake.close(),
  };
}

async function lockingHarness(): Promise<TestRunLockingHarness> {
  const fake = await createCheckmateFake();
  const { world } = fake;
  world.addUser({ token: TOKEN, role: 'admin' });
  world.addUser({ token: MEMBER, role: 'user' });
  const project = world.addProject({ tests: [{}] });
  const tokens = { stranger: 'ffffffffffffffff', 'somebody who may not': MEMBER };
  return {
    connect: ({ as, ...options } = {}) =>
      checkmateTestRunLocking(connectionTo(fake.origin, as === undefined ? TOKEN : tokens[as]), depsOf(options)),
    projectId: String(project.projectId),
    otherProjectId: String(world.addProject({ tests: [{}] }).projectId),
    world: {
      addRun: () => String(world.addRun({ projectId: project.projectId, runName: 'Release run', tests: project.tests }).runId),
      isLocked: (runId) => world.run(runId).status === 'Locked',
      lock: (runId) => world.lock(runId),
      archive: (runId) => world.archive(runId),
      remove: (runId) => world.deleteRun(runId),
    },
    server: fake,
    requests: { read: { method: 'GET', path: '/api/v1/run/detail' }, lock: { method: 'PUT', path: '/api/v1/run/lock' } },
    errorBody: (words) => ({ error: words, status: 500 }),
    secrets: [TOKEN, MEMBER],
    close: () => fake.close(),
  };
}

testCatalogueContract('checkmate', catalogueHarness, { dialect });
testRunLockingContract('checkmate', lockingHarness, { dialect });

describe('checkmate', () => {
  let fake: CheckmateFake;
  beforeAll(async () => {
    fake = await createCheckmateFake();
    fake.world.addUser({ token: TOKEN, role: 'admin' });
  });
  afterAll(() => fake.close());
  const catalogue = (settings: CheckmateSettings = {}) => checkmateTestCatalogue(connectionTo(fake.origin, TOKEN, settings), depsOf());

  it('without an organisation there is no project; with one named, its projects are listed', async () => {
    const without = await all(catalogue().projects());
    fake.world.addOrganisation('Acme');
    const orgId = fake.world.addOrganisation('Second');
    fake.world.addProject({ projectName: 'Ours', tests: [] });
    fake.world.addProject({ projectName: 'Theirs', orgId, tests: [] });

    expect(without).toEqual([]);
    expect((await all(catalogue().projects())).map(({ name }) => name)).toEqual(['Ours']);
    expect((await all(catalogue({ orgId }).projects())).map(({ name }) => name)).toEqual(['Theirs']);
  });

  it("gives the platforms of the project's own organisation, whichever the connection names", async () => {
    const orgId = fake.world.addOrganisation('Third');
    const { projectId } = fake.world.addProject({ orgId, tests: [] });
    fake.world.addPlatform('Vision', orgId);
    fake.world.addPlatform('Android', 1);

    expect((await catalogue({ orgId: 1 }).facetValues(String(projectId), 'platforms'))?.map(({ name }) => name)).toEqual(['Vision']);
  });

  it('puts sections whose parent is not there, or that lie in each other, at the top, and ends', async () => {
    const { projectId, sections } = fake.world.addProject({ tests: [] });
    sections.push({ sectionId: 901, sectionName: 'Orphan', parentId: 999_999 });
    sections.push({ sectionId: 902, sectionName: 'Hen', parentId: 903 }, { sectionId: 903, sectionName: 'Egg', parentId: 902 });
    sections.push({ sectionId: 904, sectionName: 'Self', parentId: 904 });

    const tree = await catalogue().sections(String(projectId));

    expect(tree?.map(({ path }) => path.join('/'))).toEqual(['Orphan', 'Hen', 'Hen/Egg', 'Self']);
  });

  it('reads a project that moved to the next page while the list was read once', async () => {
    const orgId = fake.world.addOrganisation('Moving');
    for (let index = 0; index < 150; index += 1) fake.world.addProject({ orgId, tests: [] });
    const projects = catalogue({ orgId }).projects()[Symbol.asyncIterator]();
    const ids = [(await projects.next()).value?.id];
    fake.world.addProject({ orgId, tests: [] });

    for (let next = await projects.next(); !next.done; next = await projects.next()) ids.push(next.value.id);

    expect(ids).toHaveLength(150);
    expect(new Set(ids).size).toBe(150);
  });

  it('ends when the server gives the same page for ever', async () => {
    const projectsList = Array.from({ length: 100 }, (_, index) => ({ projectId: index + 1, projectName: `Project ${index}` }));
    fake.failNext({ match: { path: '/api/v1/projects' }, status: 200, body: { data: { projectsList } }, times: 20 });
    const before = fake.calls.length;

    expect(await all(catalogue({ orgId: 1 }).projects())).toHaveLength(100);
    expect(fake.calls.length).toBe(before + 2);
    fake.clearFaults();
  });

  it("tells the server's own words when it does not lock a run, which it answers with 200", async () => {
    const project = fake.world.addProject({ tests: [{}] });
    const run = fake.world.addRun({ projectId: project.projectId, runName: 'Release run', tests: project.tests });
    const subject = checkmateTestRunLocking(connectionTo(fake.origin), depsOf());
    const at = { projectId: String(project.projectId), runId: String(run.runId) };
    const body = { data: { success: false, message: 'Untested cases found, Failed to lock Run' }, error: null, status: 200 };
    fake.failNext({ match: { path: '/api/v1/run/lock' }, status: 200, body });

    const error = await providerError(subject.lockRun(at));
    fake.failNext({ match: { path: '/api/v1/run/lock' }, status: 200, body: { data: null, error: 'Run not found', status: 200 } });
    const other = await providerError(subject.lockRun(at));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('Untested cases found') });
    expect(other).toMatchObject({ kind: 'conflict', message: expect.stringContaining('Run not found') });
  });

  it('does not take a run in a state nobody knows for one that can be locked', async () => {
    const project = fake.world.addProject({ tests: [{}] });
    const run = { runId: 7, runName: 'Release run', projectId: project.projectId, status: 'Frozen' };
    fake.failNext({ match: { path: '/api/v1/run/detail' }, status: 200, body: { data: run } });

    const error = await providerError(
      checkmateTestRunLocking(connectionTo(fake.origin), depsOf()).lockRun({ projectId: String(project.projectId), runId: '7' }),
    );

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('unknown') });
  });
});

describe("checkmate's lists and locks against the vendor's description", () => {
  it('send nothing the description does not know, except what the server wants against its description', async ({ skip }) => {
    const peer = await openSpecPeer('checkmate');
    if (!peer) return skip('the API descriptions are not available here');
    try {
      const at = (path: string, method = 'GET') => ({ method, path: `/api/v1${path}` });
      peer.respond({ ...at('/orgs'), body: { data: [{ orgId: 1, orgName: 'Acme' }], status: 200 } });
      peer.respond({ ...at('/projects'), body: { data: { projects: [{ projectId: 3, projectName: 'App', orgId: 1 }] }, status: 200 } });
      peer.respond({ ...at('/project/detail'), body: { data: { projectId: 3, projectName: 'App', orgId: 1 }, status: 200 }, times: 4 });
      peer.respond({ ...at('/project/sections'), body: { data: [{ sectionId: 5, sectionName: 'Login', parentId: null, projectId: 3 }] } });
      peer.respond({ ...at('/labels'), body: { data: [{ labelId: 6, labelName: 'smoke', projectId: 3 }], status: 200 } });
      peer.respond({ ...at('/project/squads'), body: { data: [{ squadId: 7, squadName: 'Search', projectId: 3 }], status: 200 } });
      peer.respond({ ...at('/platform'), body: { data: [{ platformId: 8, platformName: 'iOS' }], status: 200 } });
      const subject = checkmateTestCatalogue(connectionTo(peer.origin), depsOf());

      const lists = [await all(subject.projects()), await subject.sections('3')];
      for (const { key } of subject.facets) lists.push(await subject.facetValues('3', key));
      const clean = [...peer.violations];
      const run = { runId: 9, runName: 'Release run', projectId: 3 };
      peer.respond({ ...at('/run/detail'), body: { data: { ...run, status: 'Active' }, status: 200 } });
      const locking = checkmateTestRunLocking(connectionTo(peer.origin), depsOf());
      await providerError(locking.lockRun({ projectId: '3', runId: '9' }));

      expect(lists.map((list) => list?.map(({ name }) => name))).toEqual([['App'], ['Login'], ['smoke'], ['Search'], ['iOS']]);
      expect(clean).toEqual([]);
      expect(
        peer.violations.map(({ path, violations }) => [path.split('?')[0], violations.map(({ code, name }) => `${code} ${name}`)]),
      ).toEqual([['/api/v1/run/lock', ['body-unknown /projectId']]]);
    } finally {
      await peer.close();
    }
  });

  it('are answered by the fake with bodies the description allows', async ({ skip }) => {
    const peer = await openSpecPeer('checkmate');
    if (!peer) return skip('the API descriptions are not available here');
    const harness = await catalogueHarness();
    try {
      const subject = harness.connect();
      harness.world.addSection('Below', harness.world.addSection('Top', null));
      await all(subject.projects());
      await subject.sections(harness.projectId);
      for (const { key } of subject.facets) await subject.facetValues(harness.projectId, key);

      // The server answers a project as a list of one, against its description.
      const told = harness.server.calls.filter(({ path }) => !path.endsWith('/project/detail'));
      const misfits = told.flatMap(({ method, path, status, answer }) => {
        const wrong = peer.checkResponse(method, path, status, answer);
        return wrong ? [`${method} ${path} ${status}: ${wrong.join('; ')}`] : [];
      });
      expect(new Set(told.map((call) => call.path)).size).toBe(6);
      expect(misfits).toEqual([]);
    } finally {
      await harness.close();
      await peer.close();
    }
  });
});
