import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { renderStoreText } from '../../domain/notes/text.ts';
import { notesForStore, storeNotesLimits } from '../../domain/release/store-notes.ts';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import { notesOfId } from '../notes/notes-row.ts';
import { iso } from '../releases/instant.ts';
import type { PersonView } from '../releases/release-view.ts';
import type { SubmissionStatus } from '../submissions/submission-view.ts';

export interface StoreNotesView {
  target: StoreTarget;
  locale: string;
  /** What a person wrote; null = nobody did. */
  text: string | null;
  /** What the store would be given now; null = the release has no notes yet. */
  sent: string | null;
  /** What `text` may be long. */
  maxChars: number;
  /** Whether it can still be changed: the store has not got it for review. */
  editable: boolean;
  updatedBy: PersonView | null;
  updatedAt: string | null;
}

export interface TargetNotesView {
  target: StoreTarget;
  maxChars: number;
  editable: boolean;
  /** What locales are given that nobody wrote for, cut at a change; null = the release has no notes yet. */
  generated: string | null;
  /** By people. */
  locales: StoreNotesView[];
}

export interface NotesRow {
  id: string;
  target: StoreTarget;
  locale: string;
  text: string;
  accountId: string;
  displayName: string | null;
  updatedAt: Date;
}

export function notesRows(sql: Sql, tenantId: string, releaseId: string): Promise<NotesRow[]> {
  return sql.rows<NotesRow>(
    `SELECT n.id, n.target, n.locale, n.text, n.updated_by_account_id AS accountId, a.display_name AS displayName, n.updated_at AS updatedAt
     FROM store_notes n LEFT JOIN accounts a ON a.id = n.updated_by_account_id
     WHERE n.tenant_id = ? AND n.release_id = ? ORDER BY n.target, n.locale`,
    [tenantId, releaseId],
  );
}

/** The final notes, or those of the latest candidate before there are any, as users of an app read them; null = none. */
async function latestNotes(sql: Sql, { tenantId, runId }: { tenantId: string; runId: string }): Promise<string | null> {
  const rows = await sql.rows<{ output: unknown }>(
    `SELECT output FROM tasks WHERE run_id = ? AND type IN ('CREATE_FINAL_RELEASE_NOTES', 'CREATE_RELEASE_NOTES') AND status = 'COMPLETED'
       AND JSON_EXTRACT(output, '$.text') IS NOT NULL
     ORDER BY type = 'CREATE_FINAL_RELEASE_NOTES' DESC, id DESC LIMIT 1`,
    [runId],
  );
  const output = parseJson(rows[0]?.output ?? null) as { text?: unknown; notesId?: unknown } | null;
  const kept = typeof output?.notesId === 'string' ? await storeTextOf(sql, tenantId, output.notesId) : null;
  // Whoever did the task outside may have said the text themselves.
  return kept ?? (typeof output?.text === 'string' ? output.text : null);
}

/** With what people changed since the task wrote them. */
async function storeTextOf(sql: Sql, tenantId: string, notesId: string): Promise<string | null> {
  const notes = await notesOfId(sql, tenantId, notesId);
  return notes === null ? null : renderStoreText(notes);
}

/** Targets whose store has their notes for review, or has let them pass. */
export async function closedTargets(sql: Sql, tenantId: string, releaseId: string): Promise<ReadonlySet<StoreTarget>> {
  const rows = await sql.rows<{ target: StoreTarget; status: SubmissionStatus }>(
    'SELECT target, status FROM store_submissions WHERE tenant_id = ? AND release_id = ? ORDER BY ordinal',
    [tenantId, releaseId],
  );
  const latest = new Map(rows.map(({ target, status }) => [target, status]));
  return new Set([...latest].flatMap(([target, status]) => (status === 'IN_REVIEW' || status === 'APPROVED' ? [target] : [])));
}

/** What a release says to its stores, as it stands. */
export interface NotesOfRelease {
  rows: readonly NotesRow[];
  generated: string | null;
  closed: ReadonlySet<StoreTarget>;
}

export async function notesOfRelease(sql: Sql, release: { tenantId: string; id: string; runId: string }): Promise<NotesOfRelease> {
  return {
    rows: await notesRows(sql, release.tenantId, release.id),
    generated: await latestNotes(sql, release),
    closed: await closedTargets(sql, release.tenantId, release.id),
  };
}

export function storeNotesView({ rows, generated, closed }: NotesOfRelease, target: StoreTarget, locale: string): StoreNotesView {
  const maxChars = storeNotesLimits[target];
  const row = rows.find((found) => found.target === target && found.locale === locale);
  return {
    ...{ target, locale, maxChars, editable: !closed.has(target) },
    text: row?.text ?? null,
    sent: row?.text ?? (generated === null ? null : notesForStore(target, generated)),
    updatedBy: row === undefined ? null : { accountId: row.accountId, displayName: row.displayName ?? row.accountId },
    updatedAt: row === undefined ? null : iso(row.updatedAt),
  };
}

export function targetNotesView(notes: NotesOfRelease, target: StoreTarget): TargetNotesView {
  const maxChars = storeNotesLimits[target];
  const written = notes.rows.filter((row) => row.target === target);
  return {
    ...{ target, maxChars, editable: !notes.closed.has(target) },
    generated: notes.generated === null ? null : notesForStore(target, notes.generated),
    locales: written.map(({ locale }) => storeNotesView(notes, target, locale)),
  };
}
