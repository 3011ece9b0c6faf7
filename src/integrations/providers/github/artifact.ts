import type { ArtifactDownload } from '../../capabilities/ci.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import type { GithubClient } from './client.ts';
import { downloadFrom } from './download.ts';
import { githubTrouble } from './github-error.ts';
import type { GithubConnection } from './identity.ts';

interface Context {
  connection: GithubConnection;
  deps: AdapterDeps;
  client: GithubClient;
}

/** The archive of an artifact. */
export async function downloadArtifact(
  { connection, deps, client }: Context,
  runId: string,
  artifactId: string,
): Promise<ArtifactDownload> {
  const artifact = /^[1-9]\d{0,19}$/.test(artifactId) ? await client.artifact(artifactId) : null;
  // Artifacts have ids of their own: one of another run is not what the caller means.
  const ofThisRun = artifact?.workflow_run?.id === undefined || artifact.workflow_run.id === runId;
  if (artifact === null || !ofThisRun) throw githubTrouble('not-found', `run ${runId} has no artifact ${artifactId}`);
  if (artifact.expired) throw githubTrouble('not-found', `artifact ${artifact.name} of run ${runId} has expired`);
  return downloadFrom(connection, deps, `actions/artifacts/${artifactId}/zip`, `download artifact ${artifactId}`);
}
