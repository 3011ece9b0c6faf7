import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { storeNotesLimits } from '../../domain/release/store-notes.ts';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type LockedRelease, lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict, invalid, notFound } from '../service-error.ts';
import { closedTargets, notesOfRelease, type StoreNotesView, storeNotesView } from './store-notes-view.ts';

interface Place {
  target: StoreTarget;
  locale: string;
}

/** Writes what one locale of a store is given in place of the release's notes; the next submission takes it. */
export async function putStoreNotes(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  place: Place,
  { text }: { text: string },
): Promise<StoreNotesView> {
  authorise(caller, 'release:update');
  const maxChars = storeNotesLimits[place.target];
  if (text.length > maxChars) throw invalid([{ field: '/text', message: `must have at most ${maxChars} characters for ${place.target}` }]);
  return deps.db.transact(async (tx) => {
    const release = await lockOpen(tx, caller, releaseId, place.target);
    const before = await find(tx, release, place);
    const id = before?.id ?? ulid();
    await tx.run(
      `INSERT INTO store_notes (id, tenant_id, release_id, target, locale, text, updated_by_account_id) VALUES (?)
       ON DUPLICATE KEY UPDATE text = VALUES(text), updated_by_account_id = VALUES(updated_by_account_id), updated_at = UTC_TIMESTAMP(3)`,
      [[id, release.tenantId, release.id, place.target, place.locale, text, caller.accountId]],
    );
    await record(tx, caller, release, {
      id,
      place,
      action: before === undefined ? 'ADD' : 'UPDATE',
      before: before?.text ?? null,
      after: text,
    });
    const notes = await notesOfRelease(tx, { tenantId: release.tenantId, id: release.id, runId: release.run.id });
    return storeNotesView(notes, place.target, place.locale);
  });
}

/** The locale is given the release's notes again. Doing so twice is no error. */
export async function removeStoreNotes(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string, place: Place): Promise<void> {
  authorise(caller, 'release:update');
  await deps.db.transact(async (tx) => {
    const release = await lockOpen(tx, caller, releaseId, place.target);
    const before = await find(tx, release, place);
    if (before === undefined) return;
    await tx.run('DELETE FROM store_notes WHERE tenant_id = ? AND id = ?', [release.tenantId, before.id]);
    await record(tx, caller, release, { id: before.id, place, action: 'REMOVE', before: before.text, after: null });
  });
}

/** @throws ServiceError not-found where the release goes to no such store; conflict when the store has its notes already */
async function lockOpen(tx: Tx, caller: Caller, releaseId: string, target: StoreTarget): Promise<LockedRelease> {
  const release = await lockRelease(tx, caller, releaseId);
  if (!release.config.stores.some((store) => store.target === target)) throw notFound(`A store for ${target} in this release`);
  refuseEnded(release);
  if ((await closedTargets(tx, release.tenantId, release.id)).has(target)) {
    throw conflict(
      `${target} has the notes of ${release.displayId} already: they can be changed once it rejects the version, or it is withdrawn.`,
    );
  }
  return release;
}

async function find(tx: Tx, release: LockedRelease, { target, locale }: Place): Promise<{ id: string; text: string } | undefined> {
  const [row] = await tx.rows<{ id: string; text: string }>(
    'SELECT id, text FROM store_notes WHERE tenant_id = ? AND release_id = ? AND target = ? AND locale = ? FOR UPDATE',
    [release.tenantId, release.id, target, locale],
  );
  return row;
}

interface Change {
  id: string;
  place: Place;
  action: 'ADD' | 'UPDATE' | 'REMOVE';
  before: string | null;
  after: string | null;
}

function record(tx: Tx, caller: Caller, release: LockedRelease, { id, place, action, before, after }: Change): Promise<void> {
  return writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'store-notes', entityId: id, action },
      actor: actorOf(caller),
      items: [{ field: `${place.target}/${place.locale}`, before, after }],
    },
  ]);
}
