import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { beginsLike, buildTaskOf, MAGIC_BYTES, type UploadedFile, uploadProblems } from '../../domain/release/upload-rules.ts';
import { writeHistory } from '../../engine/history.ts';
import { hurry } from '../../engine/signal.ts';
import { type Arriving, type ArtifactStore, ArtifactTooLargeError, piecesOf, type StoredArtifact } from '../../platform/artifact-store.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { type LockedRelease, lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict, invalid } from '../service-error.ts';
import { findUpload, newestUpload, type UploadView, uploadView } from './upload-row.ts';

/*
 * A file on its way into the artifact store.
 *
 *   1. row       without `stored_at`: nobody sees it, and whoever clears away knows which file to look for.
 *   2. file      streamed under the row's own key; the store keeps it whole or not at all.
 *   3. commit    size and digest hold: `stored_at`, the history, and the task that waits is made due.
 *
 * A crash after 1 or 2 leaves a row that nobody sees; a day later the file goes, then the row. A crash after 3 loses the answer alone: sent
 * again, the same bytes are found to be there, and the second copy goes.
 */

export interface NewUpload extends UploadedFile {
  /** What the sender says it is, lower-case hexadecimal; null = not said. */
  sha256: string | null;
  sizeBytes: number | null;
  body: Arriving;
}

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'keyring' | 'logger'> & { artifacts: ArtifactStore; artifactMaxBytes: number };

export interface ReceivedUpload {
  upload: UploadView;
  /** The newest upload of its kind has these very bytes already. */
  isNew: boolean;
}

/** @throws ServiceError, ArtifactTooLargeError, ArtifactStoreFullError, or what the body errors with: then nothing of it is left */
export async function receiveUpload(deps: Deps, caller: Caller, releaseId: string, file: NewUpload): Promise<ReceivedUpload> {
  authorise(caller, 'build:report');
  const { artifactMaxBytes: maxBytes } = deps;
  if ((file.sizeBytes ?? 0) > maxBytes) throw new ArtifactTooLargeError(`The file is larger than ${maxBytes} bytes (ARTIFACT_MAX_MB).`);
  const id = ulid();
  const key = `${caller.tenantId}/uploads/${id}`;
  await deps.db.transact(async (tx) => {
    await demandWanted(tx, await lockRelease(tx, caller, releaseId), file);
    await tx.run(
      'INSERT INTO uploads (id, tenant_id, release_id, platform, type, file_name, artifact_key, uploaded_by_account_id) VALUES (?)',
      [[id, caller.tenantId, releaseId, file.platform, file.type, file.fileName, key, caller.accountId]],
    );
  });
  try {
    const stored = await deps.artifacts.put(key, sane(file), { maxBytes });
    demandIntact(file, stored);
    const received = await deps.db.transact((tx) => keep(tx, deps, caller, releaseId, { id, file, stored }));
    if (!received.isNew) await discard(deps, caller, id, key);
    return received;
  } catch (error) {
    await discard(deps, caller, id, key);
    throw error;
  }
}

async function demandWanted(tx: Tx, release: LockedRelease, file: NewUpload): Promise<void> {
  refuseEnded(release);
  const platforms = await tx.rows<{ platform: string }>('SELECT platform FROM platform_releases WHERE tenant_id = ? AND release_id = ?', [
    release.tenantId,
    release.id,
  ]);
  const isOurs = platforms.some(({ platform }) => platform === file.platform);
  const problems = isOurs ? uploadProblems(file) : [{ field: '?platform', message: `is none of ${release.displayId}` }];
  if (problems.length > 0) throw invalid(problems);
}

/** The same bytes, once they have begun like the file they are said to be. */
async function* sane({ fileName, body }: NewUpload): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0);
  let isSane = false;
  for await (const piece of piecesOf(body)) {
    if (isSane) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < MAGIC_BYTES) continue;
    if (!beginsLike(fileName, head)) break;
    isSane = true;
    yield head;
  }
  if (!isSane) throw invalid([{ field: '/', message: `is no ${fileName.split('.').at(-1)} file: it does not begin like one` }]);
}

function demandIntact({ sha256, sizeBytes }: NewUpload, stored: StoredArtifact): void {
  if (sizeBytes !== null && sizeBytes !== stored.sizeBytes) {
    throw invalid([{ field: 'header:content-length', message: `says ${sizeBytes} bytes; ${stored.sizeBytes} arrived` }]);
  }
  if (sha256 !== null && sha256 !== stored.sha256) {
    throw invalid([{ field: 'header:x-checksum-sha256', message: `is not what arrived, which is ${stored.sha256}` }]);
  }
}

async function keep(
  tx: Tx,
  deps: Deps,
  caller: Caller,
  releaseId: string,
  { id, file, stored }: { id: string; file: NewUpload; stored: StoredArtifact },
): Promise<ReceivedUpload> {
  const release = await lockRelease(tx, caller, releaseId);
  refuseEnded(release);
  const digest = `sha256:${stored.sha256}`;
  const same = await sameUpload(tx, release, file, digest);
  if (same !== null) {
    await rememberAnswer(tx, deps, caller, { status: 200, body: same });
    return { upload: same, isNew: false };
  }
  const changed = await tx.run(
    'UPDATE uploads SET size_bytes = ?, digest = ?, stored_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND removed_at IS NULL',
    [stored.sizeBytes, digest, caller.tenantId, id],
  );
  if (changed === 0) throw conflict('The upload took so long that it was given up; send it again.');
  await writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'upload', entityId: id, action: 'ADD', actor: actorOf(caller) },
      items: [
        { field: 'file', before: null, after: file.fileName },
        { field: 'platform', before: null, after: file.platform },
        { field: 'type', before: null, after: file.type },
        { field: 'digest', before: null, after: digest },
      ],
    },
  ]);
  const waiting = await tx.rows<{ id: string }>(
    `SELECT id FROM tasks WHERE run_id = ? AND type = ? AND status IN ('WAITING', 'IN_PROGRESS')`,
    [release.run.id, buildTaskOf[file.type]],
  );
  const wakes = await hurry(
    tx,
    waiting.map((task) => task.id),
  );
  tx.afterCommit(() => deps.ring(wakes));
  const row = await findUpload(tx, caller.tenantId, releaseId, id);
  if (row === null) throw new Error('an upload that was just kept is gone');
  const upload = uploadView(row);
  await rememberAnswer(tx, deps, caller, { status: 201, body: upload });
  return { upload, isNew: true };
}

/**
 * An answer that was lost is asked for again with the same bytes. Only the newest counts: who sends an older file again wants it back. One that
 * a build took is the same until another build task is open, which may well be given the same bytes.
 */
async function sameUpload(tx: Tx, release: LockedRelease, { platform, type }: UploadedFile, digest: string): Promise<UploadView | null> {
  const newest = await newestUpload(tx, { tenantId: release.tenantId, releaseId: release.id, platform, type });
  if (newest === null || newest.digest !== digest) return null;
  if (newest.buildId === null) return uploadView(newest);
  const others = await tx.rows(
    `SELECT 1 FROM tasks t WHERE t.run_id = ? AND t.type = ? AND t.status NOT IN ('COMPLETED', 'SKIPPED', 'CANCELLED')
       AND t.id <> (SELECT task_id FROM builds WHERE tenant_id = ? AND id = ?) LIMIT 1`,
    [release.run.id, buildTaskOf[type], release.tenantId, newest.buildId],
  );
  return others.length > 0 ? null : uploadView(newest);
}

/**
 * First the word that it is given up: a commit whose answer was lost may have kept it after all. What cannot be cleared away now is found by the
 * round that does it daily.
 */
async function discard(deps: Deps, caller: Caller, id: string, key: string): Promise<void> {
  const own = [caller.tenantId, id];
  try {
    const givenUp = await deps.db.run(
      'UPDATE uploads SET removed_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND stored_at IS NULL',
      own,
    );
    if (givenUp === 0) return;
    await deps.artifacts.remove(key);
    await deps.db.run('DELETE FROM uploads WHERE tenant_id = ? AND id = ? AND removed_at IS NOT NULL', own);
  } catch (error) {
    deps.logger.warn({ err: error, uploadId: id }, 'an upload that did not succeed is cleared away later');
  }
}
