import { z } from 'zod';
import type { Sql } from '../../../db/client.ts';
import { writeHistory } from '../../../engine/history.ts';
import type { ArtifactStore } from '../../../platform/artifact-store.ts';
import { DecryptError, type Keyring } from '../../../platform/crypto.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { rememberAnswer } from '../../idempotency.ts';
import { conflict, notFound } from '../../service-error.ts';
import { iso } from '../instant.ts';
import { openNotes } from '../open-notes.ts';
import { lockRelease } from '../release-row.ts';
import { type BuildIds, findBuild } from './find-build.ts';
import { type ArtifactRow, artifactColumns, type OpenedArtifact, openedArtifact } from './open-artifact.ts';

/*
 * An address that opens one file, an artifact or notes, until an instant. It carries tenant, file and instant, sealed: authenticated encryption by the keyring, so
 * that nobody makes or changes one, an old key still opens what it sealed, and a key taken out of the ring ends all of its links.
 */

const SEAL_CONTEXT = 'artifact-link';

const place = { tenantId: z.string(), until: z.number() };
const contentSchema = z.union([z.object({ ...place, buildId: z.string() }), z.object({ ...place, notesId: z.string() })]);

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
    const url = linkTo(deps, { tenantId: caller.tenantId, buildId: ids.buildId, until });
    const link = { url, expiresAt: iso(new Date(until)) };
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

/** @param file `until`: milliseconds since 1970 */
export function linkTo({ keyring, publicUrl }: Pick<ServiceDeps, 'keyring' | 'publicUrl'>, file: z.input<typeof contentSchema>): string {
  return `${publicUrl}/artifacts/${keyring.seal(JSON.stringify(file), SEAL_CONTEXT)}`;
}

/** What an address opens, by itself: nobody is logged in. @throws ServiceError not-found, whatever is wrong with it */
export async function followArtifactLink(
  deps: Pick<ServiceDeps, 'db' | 'keyring'> & { artifacts: ArtifactStore },
  token: string,
): Promise<OpenedArtifact> {
  const { tenantId, until, ...file } = contentOf(deps.keyring, token);
  const [clock] = await deps.db.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now');
  if (clock === undefined || clock.now.getTime() >= until) throw gone();
  const opened =
    'notesId' in file ? await openNotes(deps.db, tenantId, file.notesId) : await openBuildArtifact(deps, tenantId, file.buildId);
  if (opened === null) throw gone();
  return opened;
}

/** The artifact of a build of any release; null = it is not kept (any more). */
export async function openBuildArtifact(
  { db, artifacts }: { db: Pick<Sql, 'rows'>; artifacts: ArtifactStore },
  tenantId: string,
  buildId: string,
): Promise<OpenedArtifact | null> {
  const [row] = await db.rows<ArtifactRow>(`SELECT ${artifactColumns} FROM builds b WHERE b.tenant_id = ? AND b.id = ?`, [
    tenantId,
    buildId,
  ]);
  return row?.key ? openedArtifact(artifacts, row) : null;
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
