import { z } from 'zod';
import { writeHistory } from '../../engine/history.ts';
import type { ArtifactStore } from '../../platform/artifact-store.ts';
import { DecryptError, type Keyring } from '../../platform/crypto.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict, notFound } from '../service-error.ts';
import { type BuildIds, findBuild } from './find-build.ts';
import { iso } from './instant.ts';
import { artifactColumns, type OpenedArtifact, openedArtifact } from './open-artifact.ts';
import { lockRelease } from './release-row.ts';

/*
 * An address that opens one artifact until an instant. It carries tenant, build and instant, sealed: authenticated encryption by the keyring, so
 * that nobody makes or changes one, an old key still opens what it sealed, and a key taken out of the ring ends all of its links.
 */

const SEAL_CONTEXT = 'artifact-link';

const contentSchema = z.object({ tenantId: z.string(), buildId: z.string(), until: z.number() });

export interface ArtifactLink {
  url: string;
  expiresAt: string;
}

/** @throws ServiceError not-found, or conflict when the build has no artifact that is kept */
export async function linkArtifact(
  deps: Pick<ServiceDeps, 'db' | 'keyring' | 'publicUrl'>,
  caller: Caller,
  ids: BuildIds,
  minutes: number,
): Promise<ArtifactLink> {
  authorise(caller, 'build:report');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, ids.releaseId);
    const { view } = await findBuild(tx, caller, ids);
    if (view.artifact?.kept !== true) throw conflict(`No artifact of the ${view.platform} build is kept here.`);
    const until = release.now.getTime() + minutes * 60_000;
    const token = deps.keyring.seal(JSON.stringify({ tenantId: caller.tenantId, buildId: ids.buildId, until }), SEAL_CONTEXT);
    const link = { url: `${deps.publicUrl}/artifacts/${token}`, expiresAt: iso(new Date(until)) };
    await writeHistory(tx, [
      {
        ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'task', entityId: view.taskId, action: 'UPDATE' },
        actor: actorOf(caller),
        items: [{ field: 'artifactLink', before: null, after: link.expiresAt, entityId: view.id }],
      },
    ]);
    await rememberAnswer(tx, deps, caller, { status: 201, body: link });
    return link;
  });
}

/** What an address opens, by itself: nobody is logged in. @throws ServiceError not-found, whatever is wrong with it */
export async function followArtifactLink(
  deps: Pick<ServiceDeps, 'db' | 'keyring'> & { artifacts: ArtifactStore },
  token: string,
): Promise<OpenedArtifact> {
  const { tenantId, buildId, until } = contentOf(deps.keyring, token);
  const [row] = await deps.db.rows<Parameters<typeof openedArtifact>[1] & { now: Date }>(
    `SELECT ${artifactColumns}, UTC_TIMESTAMP(3) AS now FROM builds b WHERE b.tenant_id = ? AND b.id = ?`,
    [tenantId, buildId],
  );
  if (row === undefined || row.now.getTime() >= until) throw gone();
  return openedArtifact(deps.artifacts, row);
}

const gone = () => notFound('This link is not valid, or not any more: what it leads to');

function contentOf(keyring: Keyring, token: string): z.output<typeof contentSchema> {
  try {
    return contentSchema.parse(JSON.parse(keyring.open(token, SEAL_CONTEXT).reveal()));
  } catch (error) {
    if (error instanceof DecryptError) throw gone();
    throw error;
  }
}
