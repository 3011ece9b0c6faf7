import type { Sql, Tx } from '../../db/client.ts';
import type { Bucket } from '../../domain/release/vocabulary.ts';
import { writeHistory } from '../../engine/history.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';
import { commChannels } from '../comm-channels/comm-channels.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { notesRowsOf } from '../notes/notes-row.ts';
import { nameOf } from '../releases/messages/announce.ts';
import { notesFileName } from '../releases/open-notes.ts';
import { type LockedRelease, lockRelease } from '../releases/release-row.ts';
import { conflict, invalid } from '../service-error.ts';
import { type DeliveryRow, type DeliveryView, deliveryColumns, deliveryView } from './delivery-view.ts';
import { FILE_SHARED, type SharedFile } from './shared-file.ts';

export interface ShareRequest {
  what: { buildId: string } | { notes: number | 'final' };
  /** Channel ids of the release's channel config, or one of its buckets; absent = `builds` for a build, `releases` for notes. */
  channels?: readonly string[] | Bucket | undefined;
  comment?: string | undefined;
}

/**
 * Has a file shared into channels of the release: the artifact of one of its builds, or notes as Markdown. It is sent from the queue.
 * @throws ServiceError conflict for an archived release, one without channels, and a file that is not kept; invalid for channels and builds that are not
 * the release's
 */
export async function shareFile(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring' | 'publicUrl'>,
  caller: Caller,
  releaseId: string,
  { what, channels, comment }: ShareRequest,
): Promise<DeliveryView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    if (release.status === 'ARCHIVED') throw conflict(`${release.displayId} is archived: nothing of it is shared any more.`);
    const channelIds = await channelsOf(tx, release, channels ?? ('buildId' in what ? 'builds' : 'releases'));
    const found = 'buildId' in what ? await artifactOf(tx, release, what.buildId) : await notesOf(tx, release, what.notes);
    const data: SharedFile = {
      ...{ ...found, channelIds, comment: comment ?? null },
      ...{ by: await nameOf(tx, caller), publicUrl: deps.publicUrl },
    };
    const { tenantId, id: subjectId } = release;
    const wake = await writeDelivery(tx, { tenantId, subjectId, type: FILE_SHARED, data, dedupeKey: null });
    if (wake === null) throw new Error('a delivery of its own key was there already');
    await writeHistory(tx, [
      {
        ...{ tenantId, scopeId: subjectId, entityType: 'release', entityId: subjectId, action: 'UPDATE', actor: actorOf(caller) },
        why: comment ?? null,
        items: [{ field: 'fileShared', before: null, after: data.name, entityId: wake.id }],
      },
    ]);
    const [row] = await tx.rows<DeliveryRow>(`SELECT ${deliveryColumns} FROM deliveries WHERE tenant_id = ? AND id = ?`, [
      tenantId,
      wake.id,
    ]);
    if (row === undefined) throw new Error('the delivery that was just written is not there');
    const view = deliveryView(row);
    await rememberAnswer(tx, deps, caller, { status: 202, body: view });
    tx.afterCommit(() => deps.ring([wake]));
    return view;
  });
}

async function channelsOf(sql: Sql, release: LockedRelease, wanted: readonly string[] | Bucket): Promise<string[]> {
  const { commsConfigId } = release.config;
  const bodies = commsConfigId === null ? null : await commChannels.bodies(sql, release.tenantId, [commsConfigId]);
  const known = commsConfigId === null ? undefined : bodies?.get(commsConfigId)?.channels;
  if (known === undefined) throw conflict(`${release.displayId} has no channels.`);
  if (typeof wanted === 'string') {
    const ofBucket = [...new Set(known[wanted] ?? [])];
    if (ofBucket.length === 0) throw conflict(`The channel config of ${release.displayId} names no channel for ${wanted}.`);
    return ofBucket;
  }
  const all = new Set(Object.values(known).flat());
  const problems = wanted.flatMap((channelId, index) =>
    all.has(channelId) ? [] : [{ field: `/channels/${index}`, message: 'is no channel of the channel config of the release' }],
  );
  if (problems.length > 0) throw invalid(problems);
  return [...new Set(wanted)];
}

async function artifactOf(sql: Tx, { tenantId, id }: LockedRelease, buildId: string): Promise<Pick<SharedFile, 'file' | 'name'>> {
  const [row] = await sql.rows<{ platform: string; name: string | null; key: string | null }>(
    `SELECT b.platform, b.artifact_name AS name, b.artifact_key AS \`key\` FROM release_builds r JOIN builds b ON b.id = r.build_id
     WHERE r.tenant_id = ? AND r.release_id = ? AND b.id = ?`,
    [tenantId, id, buildId],
  );
  if (row === undefined) throw invalid([{ field: '/what/buildId', message: 'is no build of the release' }]);
  if (row.key === null) throw conflict(`No artifact of the ${row.platform} build is kept here.`);
  return { file: { buildId }, name: row.name ?? buildId };
}

async function notesOf(
  sql: Tx,
  { tenantId, id, displayId }: LockedRelease,
  notes: number | 'final',
): Promise<Pick<SharedFile, 'file' | 'name'>> {
  const rows = await notesRowsOf(sql, tenantId, id);
  const row = rows.find(({ kind, cycle }) => (notes === 'final' ? kind === 'final' : kind === 'cycle' && cycle === notes));
  if (row === undefined) throw conflict(`${displayId} has no ${notes === 'final' ? 'final notes' : `notes of cycle ${notes}`} yet.`);
  return { file: { notesId: row.id, cycle: row.kind === 'final' ? null : row.cycle }, name: notesFileName(displayId, row) };
}
