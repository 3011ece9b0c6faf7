import { randomUUID } from 'node:crypto';
import { type FakeServer, startFakeServer } from '../fake-server.ts';
import type { FakeArtifact } from './run.ts';

/** Where GitHub keeps artifacts: another origin, with addresses that are signed themselves. */
export interface ArtifactStore extends Pick<FakeServer, 'origin' | 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  /** A new signed address. */
  address(artifact: FakeArtifact): string;
}

export const ARTIFACT_PATH = '/artifact-store/';

export async function openArtifactStore(host = '127.0.0.1'): Promise<ArtifactStore> {
  const signed = new Map<string, FakeArtifact>();
  const server = await startFakeServer({ host });
  server.route('GET', `${ARTIFACT_PATH}:id`, (request) => {
    const artifact = signed.get(request.query.get('sig') ?? '');
    // The real store takes any Authorization header for a sign-in of its own, and refuses it.
    if (request.headers.authorization !== undefined) return xml(401, 'InvalidAuthenticationInfo');
    if (!artifact || String(artifact.id) !== request.params.id) return xml(403, 'AuthenticationFailed');
    return { status: 200, body: Buffer.from(artifact.content), headers: { 'content-type': 'application/zip' } };
  });
  return {
    ...server,
    address(artifact) {
      const signature = randomUUID();
      signed.set(signature, artifact);
      return `${server.origin}${ARTIFACT_PATH}${artifact.id}?sig=${signature}`;
    },
  };
}

function xml(status: number, code: string) {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`, headers: { 'content-type': 'application/xml' } };
}
