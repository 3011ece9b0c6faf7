import type { Ci, CiArtifact, CiRun, Dispatch } from '../../capabilities/ci.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { downloadArtifact } from './artifact.ts';
import { type GithubClient, githubClient } from './client.ts';
import { bytesOf, readContent } from './file.ts';
import { GithubRefusal } from './github-error.ts';
import { type GithubConnection, PROVIDER } from './identity.ts';
import { eachItem } from './pages.ts';
import { runState } from './run-state.ts';
import type { GithubRun } from './schema.ts';
import { readWorkflowFile, type WorkflowFile } from './workflow-file.ts';

const CORRELATION_INPUT = 'signalbox_correlation_id';
/** GitHub promises nothing; runs usually show within seconds, and minutes late on a bad day. */
const VISIBLE_WITHIN_MS = 120_000;
/** A correlation id says whose run it is, so clocks may disagree by this much. */
const CLOCK_SKEW_MS = 300_000;

export function githubCi(connection: GithubConnection, deps: AdapterDeps): Ci {
  const client = githubClient(connection, deps);

  const mustRun = async (handle: string): Promise<GithubRun> => {
    const run = await readRun(client, handle);
    if (!run) throw noSuchRun(handle);
    return run;
  };

  return {
    dispatchVisibleWithinMs: VISIBLE_WITHIN_MS,
    correlationInput: CORRELATION_INPUT,
    async *workflows() {
      for await (const workflow of eachItem(
        (page) => client.workflows(page),
        (data) => data.workflows,
      )) {
        yield { id: workflow.id, name: workflow.name, path: workflow.path, enabled: workflow.state === 'active' };
      }
    },
    async workflowInputs(workflowId, ref) {
      return (await workflowFile(client, workflowId, ref))?.inputs ?? null;
    },
    async dispatch({ workflowId, ref, inputs }: Dispatch) {
      const started = await client.dispatch(workflowId, ref, inputs);
      return { handle: started?.workflow_run_id ?? null };
    },
    findRun: (query) => findRun(client, query),
    async run(handle) {
      const run = await readRun(client, handle);
      return run && toRun(run);
    },
    handleOf: (reference) => (isRunId(reference) ? reference : runIdIn(reference, connection)),
    async *artifacts(handle) {
      requireRunId(handle);
      for await (const artifact of eachItem(
        (page) => client.artifacts(handle, page),
        (data) => data.artifacts,
      )) {
        yield {
          id: artifact.id,
          name: artifact.name,
          sizeBytes: artifact.size_in_bytes,
          digest: artifact.digest ?? null,
          expired: artifact.expired,
          url: artifact.archive_download_url,
        } satisfies CiArtifact;
      }
    },
    async openArtifact(handle, artifactId) {
      requireRunId(handle);
      return downloadArtifact({ connection, deps, client }, handle, artifactId);
    },
    async cancel(handle) {
      requireRunId(handle);
      try {
        await client.cancel(handle);
      } catch (error) {
        // Refused: it has ended already, which is as good, or something else is in the way.
        if (!(error instanceof GithubRefusal && error.status === 409)) throw error;
        if ((await mustRun(handle)).status !== 'completed') throw error;
      }
    },
    async rerunFailed(handle) {
      const run = await mustRun(handle);
      // Not ended: an earlier call, whose answer was lost, has started it again. Passed: nothing failed is left to run.
      if (run.status !== 'completed' || run.conclusion === 'success') return { handle };
      await client.rerunFailed(handle);
      return { handle };
    },
  };
}

async function workflowFile(client: GithubClient, workflowId: string, ref: string): Promise<WorkflowFile | null> {
  const workflow = await client.workflow(workflowId);
  const stored = workflow && (await readContent(client, workflow.path, ref));
  if (!stored) return null;
  const file = readWorkflowFile(Buffer.from(await bytesOf(client, stored)).toString('utf8'));
  if (!file) throw trouble('invalid', `${workflow.path} at ${ref} is not a valid workflow file`);
  return file;
}

/**
 * By correlation id in the run's title, which a workflow shows when its `run-name` mentions the input. Only a workflow that cannot show it
 * falls back to "exactly one candidate": elsewhere a run without our id is somebody else's.
 */
async function findRun(
  client: GithubClient,
  query: { workflowId: string; ref: string; correlationId: string; since: string },
): Promise<CiRun | null> {
  const { workflowId, ref, correlationId } = query;
  // Creation times have whole seconds: a run of this very second must count.
  const since = Math.floor(Date.parse(query.since) / 1000) * 1000;
  const candidates: GithubRun[] = [];
  const ours: GithubRun[] = [];
  for await (const run of recentRuns(client, workflowId, ref, since - CLOCK_SKEW_MS)) {
    if (`${run.display_title ?? ''}\n${run.name ?? ''}`.includes(correlationId)) ours.push(run);
    else if (Date.parse(run.created_at) >= since) candidates.push(run);
  }
  // A dispatch sent twice shows the id twice; the first is the one every reader must agree on.
  const first = ours.sort((a, b) => a.run_number - b.run_number)[0];
  if (first) return toRun(first);
  const only = candidates[0];
  if (!only) return null;
  const file = await workflowFile(client, workflowId, ref);
  if (file?.titleShows(CORRELATION_INPUT)) return null;
  if (candidates.length > 1) {
    throw trouble('conflict', `${candidates.length} runs of workflow ${workflowId} on ${ref} could be ours and none shows which`);
  }
  return toRun(only);
}

/** Newest first; a page that is too old from end to end ends the search. */
async function* recentRuns(client: GithubClient, workflowId: string, ref: string, since: number): AsyncGenerator<GithubRun> {
  for (let page = 1; ; page += 1) {
    const { data, hasNext } = await client.dispatchedRuns(workflowId, ref, page);
    const recent = data.workflow_runs.filter((run) => Date.parse(run.created_at) >= since);
    for (const run of recent) if (run.event === 'workflow_dispatch' && run.head_branch === ref) yield run;
    if (!hasNext || recent.length === 0) return;
  }
}

async function readRun(client: GithubClient, handle: string): Promise<GithubRun | null> {
  return isRunId(handle) ? client.run(handle) : null;
}

/** The page of a run, or of an attempt or a job of it. The host of pages is not that of the API: owner and repository tell. */
function runIdIn(address: string, { settings: { owner, repo } }: GithubConnection): string | null {
  const path = URL.parse(address)?.pathname ?? '';
  const [, ofOwner, ofRepo, id] = /^\/([^/]+)\/([^/]+)\/actions\/runs\/([1-9]\d{0,19})(?:\/|$)/.exec(path) ?? [];
  const isOurs = ofOwner?.toLowerCase() === owner.toLowerCase() && ofRepo?.toLowerCase() === repo.toLowerCase();
  return isOurs ? (id ?? null) : null;
}

function isRunId(handle: string): boolean {
  return /^[1-9]\d{0,19}$/.test(handle);
}

function requireRunId(handle: string): void {
  if (!isRunId(handle)) throw noSuchRun(handle);
}

function noSuchRun(handle: string): ProviderError {
  return trouble('not-found', `there is no run ${handle}`);
}

function toRun(run: GithubRun): CiRun {
  return {
    handle: run.id,
    state: runState(run.status, run.conclusion),
    number: run.run_number,
    attempt: run.run_attempt ?? 1,
    url: run.html_url,
    commit: run.head_sha ?? null,
  };
}

function trouble(kind: ProviderErrorKind, message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}
