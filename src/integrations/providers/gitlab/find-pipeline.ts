import type { CiFile } from './ci-file.ts';
import type { GitlabCiClient } from './client-ci.ts';
import { GitlabRefusal, trouble } from './gitlab-error.ts';
import type { GitlabPipeline, GitlabProject } from './schema.ts';

/** The variable, or input of the configuration, that carries the correlation id. */
export const CORRELATION_INPUT = 'SIGNALBOX_CORRELATION_ID';
/** A correlation id says whose pipeline it is, so clocks may disagree by this much. */
const CLOCK_SKEW_MS = 300_000;

/** Where a pipeline shows the correlation id, if anywhere. */
export type CorrelationPlace = 'variables' | 'name' | 'nowhere';

export function correlationPlace(project: GitlabProject, file: CiFile | null): CorrelationPlace {
  const declared = file?.inputs.find((input) => input.name === CORRELATION_INPUT);
  // The API tells nobody the inputs of a pipeline, so only its name can show one.
  if (declared?.channel === 'input') return file?.nameShows(CORRELATION_INPUT) ? 'name' : 'nowhere';
  return project.ci_pipeline_variables_minimum_override_role === 'no_one_allowed' ? 'nowhere' : 'variables';
}

/** Ours among pipelines that were started through the API, or `null`. */
export async function findPipeline(
  client: GitlabCiClient,
  query: { ref: string; correlationId: string; since: string },
  place: () => Promise<CorrelationPlace>,
): Promise<GitlabPipeline | null> {
  const since = Math.floor(Date.parse(query.since) / 1_000) * 1_000;
  const started: GitlabPipeline[] = [];
  for await (const pipeline of recent(client, query.ref, since - CLOCK_SKEW_MS)) started.push(pipeline);
  if (started.length === 0) return null;
  const shownIn = await place();
  if (shownIn === 'nowhere')
    return onlyOne(
      started.filter((pipeline) => Date.parse(pipeline.created_at) >= since),
      query.ref,
    );
  const shows = shownIn === 'name' ? shownInName : shownInVariables;
  // A dispatch sent twice shows the id twice; the first is the one every reader must agree on.
  for (const pipeline of started.toReversed()) if (await shows(client, pipeline.id, query.correlationId)) return pipeline;
  return null;
}

/** Newest first; a page that is too old from end to end ends the search. */
async function* recent(client: GitlabCiClient, ref: string, since: number): AsyncGenerator<GitlabPipeline> {
  for (let page = 1; ; page += 1) {
    const { data, hasNext } = await client.startedPipelines(ref, page);
    const young = data.filter((pipeline) => Date.parse(pipeline.created_at) >= since);
    yield* young;
    if (!hasNext || young.length === 0) return;
  }
}

function onlyOne(candidates: GitlabPipeline[], ref: string): GitlabPipeline | null {
  if (candidates.length > 1) throw trouble('conflict', `${candidates.length} pipelines on ${ref} could be ours and none shows which`);
  return candidates[0] ?? null;
}

async function shownInName(client: GitlabCiClient, id: string, correlationId: string): Promise<boolean> {
  return (await client.pipeline(id))?.name?.includes(correlationId) === true;
}

/** The variables of other people's pipelines are for Maintainers only; those of our own can always be read. */
async function shownInVariables(client: GitlabCiClient, id: string, correlationId: string): Promise<boolean> {
  try {
    return (await client.variables(id)).some(({ key, value }) => key === CORRELATION_INPUT && value === correlationId);
  } catch (error) {
    if (error instanceof GitlabRefusal && (error.status === 403 || error.status === 404)) return false;
    throw error;
  }
}
