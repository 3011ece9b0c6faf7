import { parseJson } from '../../db/schema/columns.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { findRunOf } from '../releases/release-row.ts';
import { notFound } from '../service-error.ts';
import {
  type NotesOfRelease,
  notesOfRelease,
  type StoreNotesView,
  storeNotesView,
  type TargetNotesView,
  targetNotesView,
} from './store-notes-view.ts';

type Deps = Pick<ServiceDeps, 'db'>;

/** Of each store that the release goes to. */
export async function listStoreNotes(deps: Deps, caller: Caller, releaseId: string): Promise<{ items: TargetNotesView[] }> {
  const { targets, notes } = await load(deps, caller, releaseId);
  return { items: targets.map((target) => targetNotesView(notes, target)) };
}

/** What one locale of a store would be given now. @throws ServiceError not-found where the release goes to no such store */
export async function readStoreNotes(
  deps: Deps,
  caller: Caller,
  releaseId: string,
  { target, locale }: { target: StoreTarget; locale: string },
): Promise<StoreNotesView> {
  const { targets, notes } = await load(deps, caller, releaseId);
  if (!targets.includes(target)) throw notFound(`A store for ${target} in this release`);
  return storeNotesView(notes, target, locale);
}

async function load({ db }: Deps, caller: Caller, releaseId: string): Promise<{ targets: StoreTarget[]; notes: NotesOfRelease }> {
  authorise(caller, 'release:read');
  const { tenantId } = caller;
  const runId = await findRunOf(db, caller, releaseId);
  const [row] = await db.rows<{ config: unknown }>('SELECT config FROM releases WHERE tenant_id = ? AND id = ?', [tenantId, releaseId]);
  const targets = row === undefined ? [] : readFrozenConfig(parseJson(row.config)).stores.map(({ target }) => target);
  return { targets, notes: await notesOfRelease(db, { tenantId, id: releaseId, runId }) };
}
