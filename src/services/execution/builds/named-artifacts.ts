import type { Database } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import { type Failure, retryDecision } from '../../../domain/failure.ts';
import { createDownload } from '../../../integrations/kit/download.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import { type ArtifactStore, ArtifactTooLargeError } from '../../../platform/artifact-store.ts';
import type { Keyring } from '../../../platform/crypto.ts';
import { artifactSourceContext } from '../../releases/builds/name-artifact.ts';
import { attemptSignal } from '../attempt-scope.ts';
import { toFailure } from '../to-failure.ts';

/*
 * Artifacts that CI named by an address. They are fetched by the look of the task that follows the build, through the same guard as everything
 * that leaves the house, and are the build's once size and checksum hold: a crash in between costs one more download. What fails is written down
 * with the build and tried again at the next look, unless only a person can mend it; naming the address again tries it, too.
 */
export interface NamedArtifacts {
  /** Fetches what is named and not here yet; trouble is written down, not thrown. */
  fetch(build: { tenantId: string; id: string }): Promise<void>;
}

interface NamedArtifactsOptions {
  db: Database;
  store: ArtifactStore;
  keyring: Keyring;
  /** The guarded fetch without a limit to what comes. */
  download: typeof fetch;
  maxBytes: number;
  /** Without a byte for so long it counts as gone, milliseconds. */
  idleMs: number;
}

interface SourceRow {
  sealed: string;
  shown: string;
  sha256: string;
  sizeBytes: number | null;
  failure: unknown;
}

const PROVIDER = 'artifact';
const NAME_CHARS = 255;

export function createNamedArtifacts({ db, store, keyring, download, maxBytes, idleMs }: NamedArtifactsOptions): NamedArtifacts {
  async function keep(build: { tenantId: string; id: string }, { sealed, shown, sha256, sizeBytes }: SourceRow): Promise<void> {
    const wrong = (message: string) => new ProviderError('invalid', message, { provider: PROVIDER });
    const open = createDownload({
      ...{ provider: PROVIDER, fetch: download, idleMs, signal: attemptSignal() },
      observe: () => undefined,
      admit: async () => undefined,
      now: () => new Date(),
    });
    const url = keyring.open(sealed, artifactSourceContext(build)).reveal();
    const { body } = await open(url, { operation: `fetching ${shown}`, headers: {} });
    const key = `${build.tenantId}/${build.id}`;
    const kept = await store.put(key, body, { maxBytes }).catch((error: unknown) => {
      if (error instanceof ArtifactTooLargeError) throw wrong(`The file at ${shown} is larger than ${maxBytes} bytes (ARTIFACT_MAX_MB).`);
      throw error;
    });
    if (kept.sha256 !== sha256 || (sizeBytes !== null && Number(sizeBytes) !== kept.sizeBytes)) {
      await store.remove(key);
      throw wrong(
        `The file at ${shown} has ${kept.sizeBytes} bytes and the SHA-256 ${kept.sha256}, not what was reported. It was not kept; report the right address, checksum and size.`,
      );
    }
    await db.run(
      `UPDATE builds SET artifact_name = ?, artifact_size = ?, artifact_digest = ?, artifact_key = ?, artifact_kept_at = UTC_TIMESTAMP(3),
         artifact_source_failure = NULL WHERE tenant_id = ? AND id = ? AND artifact_key IS NULL`,
      [nameOf(shown), kept.sizeBytes, `sha256:${kept.sha256}`, key, build.tenantId, build.id],
    );
  }

  return {
    async fetch(build) {
      const [row] = await db.rows<SourceRow>(
        `SELECT artifact_source AS sealed, artifact_source_shown AS shown, artifact_source_sha256 AS sha256, artifact_source_size AS sizeBytes,
                artifact_source_failure AS failure
         FROM builds WHERE tenant_id = ? AND id = ? AND artifact_source IS NOT NULL AND artifact_key IS NULL`,
        [build.tenantId, build.id],
      );
      if (row === undefined) return;
      const failed = parseJson(row.failure) as Failure | null;
      if (failed !== null && retryDecision(failed).when === 'never') return;
      try {
        await keep(build, row);
      } catch (error) {
        attemptSignal().throwIfAborted();
        await db.run(
          'UPDATE builds SET artifact_source_failure = ? WHERE tenant_id = ? AND id = ? AND artifact_source = ? AND artifact_key IS NULL',
          [JSON.stringify(toFailure(error)), build.tenantId, build.id, row.sealed],
        );
      }
    },
  };
}

/** Last part of the path, as people will see the file. */
function nameOf(shown: string): string {
  const name = decodeURIComponentOrSame(new URL(shown).pathname.split('/').at(-1) ?? '');
  return (name === '' ? 'artifact' : name).slice(0, NAME_CHARS);
}

function decodeURIComponentOrSame(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
