import type { CiRun } from '../../capabilities/ci.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { JenkinsClient } from './client.ts';
import { type JenkinsConnection, PROVIDER } from './identity.ts';
import { CORRELATION_PARAMETER, findRefJob } from './jobs.ts';
import { findPlace, sightings, toRun } from './runs.ts';

/** A correlation id says whose run it is, so clocks may disagree by this much. */
const CLOCK_SKEW_MS = 300_000;

/**
 * By the correlation parameter. A run that has the parameter with another value is somebody else's; one without it was started while the
 * job did not declare it (a pipeline declares its parameters by its first run), and counts only if it is the only one of the ref since.
 */
export async function findRun(
  client: JenkinsClient,
  connection: JenkinsConnection,
  query: { workflowId: string; ref: string; correlationId: string; since: string },
): Promise<CiRun | null> {
  const { workflowId, ref, correlationId } = query;
  const target = await findRefJob(client, connection.settings, workflowId, ref);
  if (!target) return null;
  const since = Date.parse(query.since);
  const seen = await sightings(client, target.path, since - CLOCK_SKEW_MS);
  // A dispatch sent twice shows the id twice; the first is the one every reader must agree on.
  const ours = seen.find((run) => run.parameters.get(CORRELATION_PARAMETER) === correlationId);
  if (ours) return read(client, connection, ours.handle);
  const candidates = seen.filter(
    (run) =>
      run.at >= since &&
      run.asked &&
      !run.parameters.has(CORRELATION_PARAMETER) &&
      (target.refParameter === null || run.parameters.get(target.refParameter) === ref),
  );
  if (candidates.length > 1) {
    const message = `${candidates.length} runs of ${workflowId} on ${ref} could be ours and none shows which`;
    throw new ProviderError('conflict', `${PROVIDER}: ${message}`, { provider: PROVIDER });
  }
  return candidates[0] ? read(client, connection, candidates[0].handle) : null;
}

async function read(client: JenkinsClient, connection: JenkinsConnection, handle: string): Promise<CiRun | null> {
  const place = await findPlace(client, connection.settings, handle);
  return place && toRun(client, connection, place);
}
