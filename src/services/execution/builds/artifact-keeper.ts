import type { CiArtifact } from '../../../integrations/capabilities/ci.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import { type ArtifactStore, ArtifactTooLargeError, type StoredArtifact } from '../../../platform/artifact-store.ts';
import type { CiCdService } from '../ci-cd-service.ts';

export interface KeptArtifact extends StoredArtifact {
  /** Of the artifact store. */
  key: string;
}

export interface ArtifactKeeper {
  /**
   * Streams an artifact of a run into the store, once more when it was interrupted. Size and digest are compared with what the provider says.
   * @throws ProviderError
   */
  keep(source: { tenantId: string; integrationId: string; handle: string; buildId: string }, artifact: CiArtifact): Promise<KeptArtifact>;
}

export function createArtifactKeeper(store: ArtifactStore, cicd: CiCdService, options: { maxBytes: number }): ArtifactKeeper {
  return {
    async keep({ tenantId, integrationId, handle, buildId }, artifact) {
      const download = await cicd.openArtifact(tenantId, integrationId, handle, artifact.id);
      const key = `${tenantId}/${buildId}`;
      const trouble = (kind: 'invalid' | 'malformed', words: string) =>
        new ProviderError(kind, `The artifact ${artifact.name} ${words}`, { provider: 'ci-cd' });
      const kept = await store.put(key, download.body, options).catch((error: unknown) => {
        if (error instanceof ArtifactTooLargeError) throw trouble('invalid', `is larger than ${options.maxBytes} bytes (ARTIFACT_MAX_MB).`);
        throw error;
      });
      if (download.sizeBytes !== null && kept.sizeBytes !== download.sizeBytes) {
        throw trouble('malformed', `arrived with ${kept.sizeBytes} of ${download.sizeBytes} bytes.`);
      }
      if (artifact.digest?.startsWith('sha256:') && artifact.digest !== `sha256:${kept.sha256}`) {
        throw trouble('malformed', 'is not what its digest says.');
      }
      return { ...kept, key };
    },
  };
}
