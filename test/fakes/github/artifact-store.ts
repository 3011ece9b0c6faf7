import { randomUUID } from 'node:crypto';
import { type FakeServer, startFakeServer } from '../fake-server.ts';

interface StoredFile {
  id: string | number;
  content: Uint8Array;
  /** `application/zip` when absent. */
  contentType?: string;
}

/** Where GitHub keeps artifacts and makes archives of commits: another origin, with addresses that are signed themselves. */
export interface ArtifactStore extends Pick<FakeServer, 'origin' | 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  /** A new signed address. */
  address(file: StoredFile): string;
}

export const ARTIFACT_PATH = '/artifact-store/';

export async function openArtifactStore(host = '127.0.0.1'): Promise<ArtifactStore> {
  const signed = new Map<string, StoredFile>();
  const server = await startFakeServer({ host });
  server.route('GET', `${ARTIFACT_PATH}:id`, (request) => {
    const file = signed.get(request.query.get('sig') ?? '');
    // The real store takes any Authorization header for a sign-in of its own, and refuses it.
    if (request.headers.authorization !== undefined) return xml(401, 'InvalidAuthenticationInfo');
    if (!file || String(file.id) !== request.params.id) return xml(403, 'AuthenticationFailed');
    return { status: 200, body: Buffer.from(file.content), headers: { 'content-type': file.contentType ?? 'application/zip' } };
  });
  return {
    ...server,
    address(file) {
      const signature = randomUUID();
      signed.set(signature, file);
      return `${server.origin}${ARTIFACT_PATH}${file.id}?sig=${signature}`;
    },
  };
}

function xml(status: number, code: string) {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`, headers: { 'content-type': 'application/xml' } };
}
