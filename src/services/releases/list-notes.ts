import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { iso } from './instant.ts';
import { findRunOf } from './release-row.ts';

export interface NotesView {
  id: string;
  /** `cycle` notes cover one candidate, `final` notes the release. */
  kind: string;
  /** Null for final notes. */
  cycle: number | null;
  baseRef: string;
  headRef: string;
  markdown: string;
  createdAt: string;
}

interface NotesRow {
  id: string;
  kind: string;
  cycle: number;
  baseRef: string;
  headRef: string;
  markdown: string;
  createdAt: Date;
}

/** All notes of a release: those of its candidates in their order, then the final ones. */
export async function listNotes(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: NotesView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  const rows = await deps.db.rows<NotesRow>(
    `SELECT id, kind, cycle, base_ref AS baseRef, head_ref AS headRef, markdown, created_at AS createdAt
     FROM release_notes WHERE tenant_id = ? AND release_id = ? ORDER BY kind = 'final', cycle, id`,
    [caller.tenantId, releaseId],
  );
  return {
    items: rows.map((row) => ({ ...row, cycle: row.kind === 'final' ? null : row.cycle, createdAt: iso(row.createdAt) })),
  };
}
