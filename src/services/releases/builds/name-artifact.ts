import type { Tx } from '../../../db/client.ts';
import type { Keyring } from '../../../platform/crypto.ts';
import { conflict } from '../../service-error.ts';
import type { ReleaseBuildView } from './list-builds.ts';

/** A file that lies elsewhere, as CI says. */
export interface NamedArtifact {
  url: string;
  /** Hexadecimal, of the whole file. */
  sha256: string;
  sizeBytes?: number | undefined;
}

/** What a stored address is bound to. */
export const artifactSourceContext = ({ tenantId, id }: { tenantId: string; id: string }) => `builds/${tenantId}/${id}/artifact-source`;

/** Signatures stand in the query, credentials before the host. */
export function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`.slice(0, MAX_SHOWN);
}

const MAX_SHOWN = 1024;

/**
 * Writes down where the artifact of a build lies; whoever follows the build fetches it. The same again has it tried again.
 * @throws ServiceError conflict when the build has another artifact
 */
export async function nameArtifact(
  tx: Tx,
  { keyring }: { keyring: Keyring },
  tenantId: string,
  view: ReleaseBuildView,
  { url, sha256, sizeBytes = undefined }: NamedArtifact,
): Promise<void> {
  const digest = `sha256:${sha256.toLowerCase()}`;
  if (view.artifact?.kept === true) {
    if (view.artifact.digest === digest) return;
    throw conflict(`The ${view.platform} build has an artifact already: ${view.artifact.digest}.`);
  }
  await tx.run(
    `UPDATE builds SET artifact_source = ?, artifact_source_shown = ?, artifact_source_sha256 = ?, artifact_source_size = ?,
       artifact_source_failure = NULL WHERE tenant_id = ? AND id = ?`,
    [
      ...[keyring.seal(url, artifactSourceContext({ tenantId, id: view.id })), shownAddress(url), sha256.toLowerCase()],
      ...[sizeBytes ?? null, tenantId, view.id],
    ],
  );
}
