import type { ArtifactDownload, Ci, CiArtifact, CiRun, Dispatch } from '../../capabilities/ci.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { configurationPath, readConfiguration } from './ci-configuration.ts';
import type { CiFile } from './ci-file.ts';
import { type GitlabCiClient, gitlabCiClient } from './client-ci.ts';
import { CORRELATION_INPUT, correlationPlace, findPipeline } from './find-pipeline.ts';
import { trouble } from './gitlab-error.ts';
import type { GitlabConnection } from './identity.ts';
import { eachItem } from './pages.ts';
import { pipelineState } from './pipeline-state.ts';
import type { GitlabJob, GitlabPipeline } from './schema.ts';

/** A project has one CI/CD configuration, and so one workflow. */
const WORKFLOW_ID = 'pipeline';
/** A created pipeline is in the lists at once; replicas of a large instance may lag by seconds. */
const VISIBLE_WITHIN_MS = 60_000;
const ARCHIVE = 'archive';

export function gitlabCi(connection: GitlabConnection, deps: AdapterDeps): Ci {
  const client = gitlabCiClient(connection, deps);
  const artifactUrl = (jobId: string) =>
    `${connection.baseUrl}/api/v4/projects/${encodeURIComponent(connection.settings.project)}/jobs/${jobId}/artifacts`;

  return {
    dispatchVisibleWithinMs: VISIBLE_WITHIN_MS,
    correlationInput: CORRELATION_INPUT,
    async *workflows() {
      const project = await client.project();
      const enabled = project.builds_access_level !== 'disabled';
      yield { id: WORKFLOW_ID, name: 'Pipeline', path: configurationPath(project), enabled };
    },
    async workflowInputs(workflowId, ref) {
      if (workflowId !== WORKFLOW_ID) return null;
      const file = await readConfiguration(client, await client.project(), ref);
      return file?.inputs.map(({ channel: _channel, specType: _specType, ...input }) => input) ?? null;
    },
    dispatch: (request) => dispatch(client, request),
    async findRun({ workflowId, ...query }) {
      if (workflowId !== WORKFLOW_ID) return null;
      const pipeline = await findPipeline(client, query, async () => {
        const project = await client.project();
        return correlationPlace(project, await readConfiguration(client, project, query.ref).catch(brokenSince));
      });
      return pipeline && toRun(client, pipeline);
    },
    async run(handle) {
      const pipeline = await readPipeline(client, handle);
      return pipeline && toRun(client, pipeline);
    },
    handleOf: (reference) => (isId(reference) ? reference : pipelineIdIn(reference, connection)),
    async *artifacts(handle) {
      requirePipelineId(handle);
      for await (const job of eachItem((page) => client.jobs(handle, page, false))) yield* archiveOf(job, artifactUrl(job.id));
    },
    async openArtifact(handle, artifactId): Promise<ArtifactDownload> {
      const job = isId(handle) && isId(artifactId) ? await client.job(artifactId) : null;
      if (job?.pipeline.id !== handle || !job.artifacts_file) {
        throw trouble('not-found', `pipeline ${handle} has no artifact ${artifactId}, or no longer`);
      }
      return deps.download(artifactUrl(job.id), {
        operation: `download the artifacts of job ${job.id}`,
        headers: { 'private-token': connection.credentials.token.reveal() },
      });
    },
    async cancel(handle) {
      requirePipelineId(handle);
      // GitLab takes this for pipelines that have ended too, and changes nothing.
      await client.cancel(handle);
    },
    async rerunFailed(handle) {
      const pipeline = (await readPipeline(client, handle)) ?? noSuchPipeline(handle);
      // Not ended: an earlier call, whose answer was lost, has started it again. Passed or skipped: nothing failed is left to run.
      if (pipeline.status === 'failed' || pipeline.status === 'canceled') await client.retry(handle);
      return { handle };
    },
  };
}

async function dispatch(client: GitlabCiClient, { workflowId, ref, inputs, correlationId }: Dispatch): Promise<{ handle: string }> {
  if (workflowId !== WORKFLOW_ID) throw trouble('not-found', `there is no workflow ${workflowId}; GitLab has one, '${WORKFLOW_ID}'`);
  const project = await client.project();
  const file = await readConfiguration(client, project, ref);
  const { variables, specInputs } = sorted(file, inputs, ref);
  if (correlationPlace(project, file) === 'variables') variables.set(CORRELATION_INPUT, correlationId);
  const pipeline = await client.createPipeline(
    ref,
    [...variables].map(([key, value]) => ({ key, value })),
    Object.fromEntries(specInputs),
  );
  return { handle: pipeline.id };
}

/** What has started a pipeline was valid; a mistake made since then must not hide that pipeline. */
function brokenSince(error: unknown): null {
  if (error instanceof ProviderError && error.kind === 'invalid') return null;
  throw error;
}

/** GitLab would take any variable; a name that the configuration does not declare is a mistake and must not start a build. */
function sorted(file: CiFile | null, inputs: Record<string, string>, ref: string) {
  const variables = new Map<string, string>();
  const specInputs = new Map<string, string | number | boolean>();
  for (const [name, value] of Object.entries(inputs)) {
    const declared = file?.inputs.find((input) => input.name === name);
    if (!declared && name !== CORRELATION_INPUT) throw trouble('invalid', `the CI/CD configuration at ${ref} does not declare ${name}`);
    if (declared?.channel === 'input') specInputs.set(name, typed(name, value, declared.specType));
    else if (declared) variables.set(name, value);
  }
  return { variables, specInputs };
}

/** GitLab refuses the text `true` for an input of type boolean. */
function typed(name: string, value: string, type: string): string | number | boolean {
  if (type === 'string') return value;
  try {
    return JSON.parse(value) as string | number | boolean;
  } catch {
    throw trouble('invalid', `the input ${name} must be of type ${type}`);
  }
}

async function readPipeline(client: GitlabCiClient, handle: string): Promise<GitlabPipeline | null> {
  return isId(handle) ? client.pipeline(handle) : null;
}

async function toRun(client: GitlabCiClient, pipeline: GitlabPipeline): Promise<CiRun> {
  return {
    handle: pipeline.id,
    state: pipelineState(pipeline.status),
    number: pipeline.iid ?? null,
    attempt: await attemptOf(client, pipeline.id),
    url: pipeline.web_url,
    commit: pipeline.sha ?? null,
  };
}

/** GitLab counts no attempts: each retry adds a job of the same name, so the job run most often tells. */
async function attemptOf(client: GitlabCiClient, id: string): Promise<number> {
  const times = new Map<string, number>();
  for await (const { name } of eachItem((page) => client.jobs(id, page, true))) times.set(name, (times.get(name) ?? 0) + 1);
  return Math.max(1, ...times.values());
}

/** Each job keeps its artifacts as one archive; GitLab stops naming the file once it has expired. */
function archiveOf(job: GitlabJob, url: string): CiArtifact[] {
  const past = job.artifacts?.find((artifact) => artifact.file_type === ARCHIVE);
  const file = job.artifacts_file ?? past;
  if (!file) return [];
  return [
    {
      id: job.id,
      name: `${job.name}/${file.filename ?? 'artifacts.zip'}`,
      sizeBytes: file.size ?? 0,
      digest: null,
      expired: !job.artifacts_file,
      url,
    },
  ];
}

/** The page of a pipeline of this project, whatever host GitLab believes to have. A project named by its id is not in the address. */
function pipelineIdIn(address: string, { settings: { project } }: GitlabConnection): string | null {
  const [, path, id] = /^(.+?)\/(?:-\/)?pipelines\/([1-9]\d{0,15})(?:\/|$)/.exec(URL.parse(address)?.pathname ?? '') ?? [];
  const isOurs = path !== undefined && (/^\d+$/.test(project) || path.toLowerCase().endsWith(`/${project.toLowerCase()}`));
  return isOurs ? (id ?? null) : null;
}

function isId(text: string): boolean {
  return /^[1-9]\d{0,15}$/.test(text);
}

function requirePipelineId(handle: string): void {
  if (!isId(handle)) noSuchPipeline(handle);
}

function noSuchPipeline(handle: string): never {
  throw trouble('not-found', `there is no pipeline ${handle}`);
}
