import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import { answer, denial, idParameter, refusal } from './answers.ts';
import { registerCatalogue } from './catalogue.ts';
import { createRun } from './create-run.ts';
import {
  type CheckmateRun,
  type CheckmateUser,
  type CheckmateWorld,
  createCheckmateWorld,
  type Role,
  setStatus,
  TEST_STATUSES,
  type TestStatus,
} from './world.ts';

export type { CheckmateWorld } from './world.ts';

export interface CheckmateFake extends FakeServer {
  /** Seeds and moves things as people would. */
  readonly world: CheckmateWorld;
}

/** Roles in the order of what they may do. */
const RANK: Record<Role, number> = { reader: 0, user: 1, admin: 2 };

/**
 * A stateful Checkmate that behaves as the server does (github.com/dream-horizon-org/checkmate), which is not always what its document
 * says. As there, any user sees every project; what keeps tenants apart are project ids.
 */
export async function createCheckmateFake(options: { port?: number; now?: () => number } = {}): Promise<CheckmateFake> {
  const world = createCheckmateWorld(options.now ?? Date.now);
  const server = await startFakeServer({
    port: options.port ?? 0,
    notFound: { status: 404, body: 'Not Found', headers: { 'content-type': 'text/html' } },
  });
  const route = (method: string, path: string, least: Role, handler: (request: FakeRequest, user: CheckmateUser) => FakeAnswer) =>
    server.route(method, `/api/v1${path}`, (request) => {
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]?.trim();
      const user = world.users().find((each) => each.token === token);
      if (!user) return denial(403, 'Authentication Error');
      if (RANK[user.role] < RANK[least]) return denial(401, 'You are not authorized to perform this action');
      return handler(request, user);
    });

  route('GET', '/user/details', 'reader', (_request, { token: _token, ...user }) => answer({ ...user, profileUrl: null, ssoId: null }));
  route('GET', '/orgs', 'reader', () =>
    answer(world.organisations().map((org) => ({ ...org, createdBy: 1, createdOn: '2026-01-01T00:00:00.000Z' }))),
  );
  registerCatalogue(world, (path, handler) => route('GET', path, 'reader', handler));
  route('GET', '/runs', 'reader', (request) => listRuns(world, request));
  route('POST', '/run/create', 'user', (request, user) => createRun(world, user, request));
  route('GET', '/run/detail', 'reader', (request) => {
    const id = idParameter(request, 'runId');
    if (typeof id !== 'number') return id;
    const run = world.findRun(id);
    return answer(run && runBody(run));
  });
  route('GET', '/run/state-detail', 'reader', (request) => stateDetail(world, request));
  route('GET', '/run/tests', 'reader', (request) => listTests(world, request));
  route('PUT', '/run/update-test-status', 'user', (request) => updateStatuses(world, request));
  route('PUT', '/run/lock', 'admin', (request) => lockRun(world, request));
  route('PUT', '/run/reset', 'admin', (request) => markPassedAsRetest(world, request));
  return { ...server, world };
}

/** Searches by `search` and `status`, not by the document's names. Without a page size it gives everything. */
function listRuns(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  const projectId = idParameter(request, 'projectId');
  if (typeof projectId !== 'number') return projectId;
  const search = (request.query.get('search') ?? '').toLowerCase();
  const status = request.query.get('status');
  const page = Number(request.query.get('page'));
  const size = Number(request.query.get('pageSize'));
  const all = world
    .runs()
    .filter(
      (run) => run.projectId === projectId && run.runName.toLowerCase().includes(search) && (status === null || run.status === status),
    )
    .sort((left, right) => right.createdOn - left.createdOn);
  const chosen = size ? all.slice((Math.max(page, 1) - 1) * size).slice(0, size) : all;
  const runsData = chosen.map((run) => {
    const { runId, runName, status: state, createdOn, lockedOn, runDescription, projectId: project } = runBody(run);
    return {
      runId,
      runName,
      status: state,
      createdByUserName: 'Tester',
      createdOn,
      lockedBy: null,
      lockedOn,
      runDescription,
      refrence: null,
      projectId: project,
    };
  });
  return answer({ runsData: { runsData, runsCount: [{ count: all.length }] }, projectId });
}

function runBody(run: CheckmateRun) {
  const { tests: _tests, createdOn, createdBy: _createdBy, ...rest } = run;
  const on = new Date(createdOn).toISOString();
  // The creator is sent as an id or null where the document says a string; null-free bodies fit both.
  return {
    ...rest,
    createdOn: on,
    updatedOn: on,
    lockedOn: run.status === 'Locked' ? on : null,
    lockedBy: null,
    updatedBy: null,
    refrence: null,
  };
}

function stateDetail(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  const id = idParameter(request, 'runId');
  if (typeof id !== 'number') return id;
  const run = world.findRun(id);
  if (!run) return answer({ status: 'Provide valid runId' });
  const counts: Record<string, number> = { total: run.tests.size };
  for (const status of TEST_STATUSES) counts[status.toLowerCase()] = 0;
  for (const { status } of run.tests.values()) counts[status.toLowerCase()] = (counts[status.toLowerCase()] ?? 0) + 1;
  return answer(counts);
}

function listTests(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  const projectId = Number(request.query.get('projectId'));
  const runId = Number(request.query.get('runId'));
  if (!projectId) return refusal(400, 'Invalid projectId');
  if (!runId) return refusal(400, 'Invalid runId');
  const page = Number(request.query.get('page')) || 1;
  const size = Number(request.query.get('pageSize')) || 100;
  const run = world.findRun(runId);
  const results = run?.projectId === projectId ? [...run.tests].sort(([left], [right]) => right - left) : [];
  const testsList = results
    .slice((page - 1) * size, page * size)
    .map(([testId, { status }]) => ({ testId, title: `Test case ${testId}`, testStatus: status }));
  return answer({ testsList, totalCount: results.length });
}

/** The run that a change is for, or the refusal; these calls take no charset behind the content type. */
function changeable(world: CheckmateWorld, request: FakeRequest): CheckmateRun | FakeAnswer {
  if (request.headers['content-type'] !== 'application/json') return refusal(400, 'Invalid content type');
  const { runId } = request.body as { runId?: number };
  const run = world.findRun(Number(runId));
  if (!run) return refusal(400, 'Run not found');
  return run.status === 'Active' ? run : refusal(423, 'Run is not active');
}

function updateStatuses(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  const run = changeable(world, request);
  if (!('runId' in run)) return run;
  const changes = (request.body as { testIdStatusArray?: { testId: number; status: TestStatus }[] }).testIdStatusArray;
  if (!Array.isArray(changes)) return refusal(400, 'Data validation error: testIdStatusArray: Required');
  if (changes.length === 0) return refusal(500, 'No data provided to update status');
  let count = 0;
  for (const { testId, status } of changes) {
    const result = run.tests.get(testId);
    if (!result || !TEST_STATUSES.includes(status)) continue;
    setStatus(result, status);
    count += 1;
  }
  const failed = changes.length - count;
  const refused = failed > 0 ? { failed: { message: `${failed} test(s) failed to update`, count: failed, details: [] } } : {};
  return answer({ passed: { message: `Updated status of ${count} test(s)`, count }, ...refused });
}

/** Refuses with 200, and takes every run that is not active for locked already. */
function lockRun(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  if (request.headers['content-type'] !== 'application/json') return refusal(400, 'Invalid content type');
  const { runId, projectId } = request.body as { runId?: unknown; projectId?: unknown };
  if (typeof runId !== 'number' || runId <= 0) return refusal(400, 'Data validation error: runId: Required');
  if (typeof projectId !== 'number' || projectId <= 0) return refusal(400, 'Data validation error: projectId: Required');
  const run = world.findRun(runId);
  if (!run) return refusal(200, 'Run not found');
  if (run.status !== 'Active') return refusal(200, 'Run is already locked');
  if (run.projectId === projectId) run.status = 'Locked';
  return answer({ success: true, message: 'Run Locked Successfully' });
}

/** What Checkmate calls a reset: passed tests become Retest, failed ones stay failed. */
function markPassedAsRetest(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  const run = changeable(world, request);
  if (!('runId' in run)) return run;
  const passed = [...run.tests].filter(([, result]) => result.status === 'Passed');
  for (const [, result] of passed) setStatus(result, 'Retest');
  return answer({
    count: passed.length,
    message: `Successfully updated ${passed.length} tests`,
    testIds: passed.map(([testId]) => testId),
  });
}
