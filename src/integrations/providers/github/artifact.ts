import type { ArtifactDownload } from '../../capabilities/ci.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { API_VERSION } from './ask.ts';
import { githubAuth } from './auth.ts';
import type { GithubClient } from './client.ts';
import { githubTrouble } from './github-error.ts';
import type { GithubConnection } from './identity.ts';

interface Context {
  connection: GithubConnection;
  deps: AdapterDeps;
  client: GithubClient;
}

/** The archive of an artifact: GitHub answers with an address in an object store, signed for a minute, which must not see our token. */
export async function downloadArtifact(context: Context, runId: string, artifactId: string): Promise<ArtifactDownload> {
  const { connection, deps, client } = context;
  const artifact = /^[1-9]\d{0,19}$/.test(artifactId) ? await client.artifact(artifactId) : null;
  // Artifacts have ids of their own: one of another run is not what the caller means.
  const ofThisRun = artifact?.workflow_run?.id === undefined || artifact.workflow_run.id === runId;
  if (artifact === null || !ofThisRun) throw githubTrouble('not-found', `run ${runId} has no artifact ${artifactId}`);
  if (artifact.expired) throw githubTrouble('not-found', `artifact ${artifact.name} of run ${runId} has expired`);

  const auth = githubAuth(connection, deps);
  const { owner, repo } = connection.settings;
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${await auth.bearer()}`,
    'user-agent': 'signalbox',
    'x-github-api-version': API_VERSION,
  };
  const operation = `download artifact ${artifactId}`;
  try {
    return await deps.download(`${connection.baseUrl}/repos/${owner}/${repo}/actions/artifacts/${artifactId}/zip`, { operation, headers });
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'unauthorized') auth.refused();
    throw error;
  }
}
