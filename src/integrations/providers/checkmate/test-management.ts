import type { NewTestRun, TestManagement, TestRun, TestRunReport } from '../../capabilities/test-management.ts';
import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type CheckmateClient, checkmateClient, provider, type RunFilters } from './client.ts';
import type { CheckmateCredentials, CheckmateSettings } from './credentials.ts';
import { idOf } from './id.ts';
import { isDeleted, readRun, testRunOf } from './read-run.ts';
import type { Run } from './schema.ts';

const PAGE_SIZE = 100;
/** One UPDATE statement with a branch per test: batches keep it small. */
const RESET_BATCH = 200;
const NAME_CHARS = { min: 5, max: 50 };
const MAX_DESCRIPTION_CHARS = 255;
const UNTESTED = 'Untested';

/** The list is read from the database itself; what can be late is a creation whose answer we lost and which is still being carried out. */
const SEARCH_VISIBLE_WITHIN_MS = 5_000;

export function checkmateTestManagement(
  connection: Connection<CheckmateCredentials, CheckmateSettings>,
  deps: AdapterDeps,
): TestManagement {
  const client = checkmateClient(connection, deps);
  const shown = (run: Run): TestRun => testRunOf(run, connection.baseUrl);

  /** The oldest where there are several, so that everybody who looks settles on the same one. */
  async function findRun(query: { projectId: string; name: string }): Promise<TestRun | null> {
    const projectId = idOf('project', query.projectId);
    let found: Run | null = null;
    for (const run of await allRuns(client, projectId)) {
      if (run.runName !== query.name || isDeleted(run)) continue;
      if (found === null || run.runId < found.runId) found = run;
    }
    return found && shown(found);
  }

  async function ensureRun(wanted: NewTestRun): Promise<TestRun> {
    checkName(wanted.name);
    const filters = filtersOf(wanted.filters);
    const existing = await findRun({ projectId: wanted.projectId, name: wanted.name });
    if (existing) return existing;
    const runId = await createRun(client, wanted, filters);
    const created = await run({ projectId: wanted.projectId, runId: String(runId) });
    if (!created) throw new ProviderError('malformed', `checkmate: run ${runId} was created but is not there`, { provider });
    return created;
  }

  async function run(query: { projectId: string; runId: string }): Promise<TestRun | null> {
    const found = await readRun(client, query);
    return found && shown(found);
  }

  async function results(query: { projectId: string; runId: string }): Promise<TestRunReport | null> {
    const found = await readRun(client, query);
    if (!found) return null;
    const counts = await client.stateDetail(found.runId);
    if (counts === null) return null;
    if (!('total' in counts)) return unknownState(counts.status);
    const { total, passed, failed, blocked } = counts;
    const skipped = counts.skipped + counts.archived;
    const inProgress = counts.inprogress ?? counts.inProgress ?? 0;
    // Retest, and statuses nobody mapped, still have to be tested.
    const untested = total - passed - failed - blocked - skipped - inProgress;
    if (untested < 0) throw new ProviderError('malformed', `checkmate: the counts of run ${found.runId} exceed its total`, { provider });
    return { run: shown(found), counts: { total, passed, failed, blocked, skipped, inProgress, untested } };
  }

  async function reset(query: { projectId: string; runId: string }): Promise<void> {
    const found = await readRun(client, query);
    if (!found) throw new ProviderError('not-found', `checkmate: project ${query.projectId} has no run ${query.runId}`, { provider });
    const { state } = shown(found);
    if (state.kind !== 'active') {
      const words = state.kind === 'unknown' ? `in the unknown state "${state.raw}"` : state.kind;
      throw new ProviderError('conflict', `checkmate: run ${found.runId} is ${words} and cannot be reset`, { provider });
    }
    const tested = (await allTests(client, found)).filter((test) => test.status !== UNTESTED);
    for (let from = 0; from < tested.length; from += RESET_BATCH) {
      const batch = tested.slice(from, from + RESET_BATCH).map(({ testId }) => ({ testId, status: UNTESTED }));
      const refused = await client.setStatuses(found.runId, batch);
      if (refused > 0)
        throw new ProviderError('conflict', `checkmate: ${refused} tests of run ${found.runId} could not be reset`, { provider });
    }
  }

  return { searchVisibleWithinMs: SEARCH_VISIBLE_WITHIN_MS, findRun, ensureRun, run, results, reset };
}

async function createRun(client: CheckmateClient, wanted: NewTestRun, filters: RunFilters): Promise<number> {
  const description = wanted.description.trim();
  try {
    return await client.createRun({
      projectId: idOf('project', wanted.projectId),
      runName: wanted.name,
      // The column holds 255 characters and the server answers 500 to more.
      ...(description !== '' && { runDescription: description.slice(0, MAX_DESCRIPTION_CHARS) }),
      ...filters,
    });
  } catch (error) {
    if (!(error instanceof ProviderError && error.kind === 'invalid' && /no tests found/i.test(error.message))) throw error;
    const which = Object.keys(filters).length === 0 ? 'has no active test' : 'has no active test that matches all of the filters';
    throw new ProviderError(
      'invalid',
      `checkmate: project ${wanted.projectId} ${which} (${JSON.stringify(filters)}), so the run "${wanted.name}" cannot be created`,
      {
        provider,
        status: error.status,
      },
    );
  }
}

/**
 * Every run of a project. The server orders by the second of creation alone, so rows of the same second may change places between pages;
 * when pages overlapped and something is missing, one page with everything is asked for.
 */
async function allRuns(client: CheckmateClient, projectId: number): Promise<Iterable<Run>> {
  const byId = new Map<number, Run>();
  for (let page = 1; ; page += 1) {
    const { runs, total } = await client.runs(projectId, { page, pageSize: PAGE_SIZE });
    for (const run of runs) byId.set(run.runId, run);
    if (runs.length === PAGE_SIZE && page * PAGE_SIZE < total) continue;
    if (byId.size < total)
      for (const run of (await client.runs(projectId, { page: 1, pageSize: total + PAGE_SIZE })).runs) byId.set(run.runId, run);
    return byId.values();
  }
}

async function allTests(client: CheckmateClient, run: { runId: number; projectId: number }): Promise<{ testId: number; status: string }[]> {
  const tests: { testId: number; status: string }[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await client.tests({ runId: run.runId, projectId: run.projectId }, { page, pageSize: PAGE_SIZE });
    tests.push(...answer.tests);
    if (answer.tests.length < PAGE_SIZE || page * PAGE_SIZE >= answer.total) return tests;
  }
}

function unknownState(words: string): null {
  if (/valid runid/i.test(words)) return null;
  throw new ProviderError('unavailable', `checkmate: results could not be read: ${words}`, { provider });
}

function checkName(name: string): void {
  if (name.length >= NAME_CHARS.min && name.length <= NAME_CHARS.max) return;
  const message = `checkmate: the run name "${name}" has ${name.length} characters; ${NAME_CHARS.min} to ${NAME_CHARS.max} are allowed`;
  throw new ProviderError('invalid', message, { provider });
}

/** Empty lists are left out: the server takes an empty squad list for an error. A test must match every kind of filter given. */
function filtersOf(filters: NewTestRun['filters']): RunFilters {
  const chosen: RunFilters = {};
  for (const key of ['labelIds', 'squadIds', 'sectionIds', 'platformIds'] as const) {
    if (filters[key].length > 0) chosen[key] = filters[key].map((id) => idOf(key, id, 0));
  }
  return Object.keys(chosen).length === 0 ? {} : { ...chosen, filterType: 'and' };
}
