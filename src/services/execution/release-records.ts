import { ulid } from 'ulid';
import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { GateApproval } from '../../domain/release/gates.ts';
import type { ClaimedTask } from '../../engine/vocabulary.ts';

/** Keys a release's own row in the tenant. */
export interface RecordKey {
  tenantId: string;
  /** Of the row that is written. */
  id: string;
}

/** What task handlers write down about a release, and read of its other tasks. Every write may be repeated. */
export interface ReleaseRecords {
  branchForked(release: RecordKey, commit: string): Promise<void>;
  candidateTagged(cycle: RecordKey, tag: string, commit: string): Promise<void>;
  releaseTagged(release: RecordKey, tag: string): Promise<void>;
  ticketCreated(platform: RecordKey, ticket: { ticketKey: string; url: string }): Promise<void>;
  testRunCreated(platform: RecordKey, run: { runId: string; url: string }): Promise<void>;
  notesWritten(release: RecordKey, notes: ReleaseNotesRecord): Promise<void>;
  /** The task of this type in the same round as `task`; null when there is none. */
  sibling(task: ClaimedTask, type: string): Promise<{ id: string; output: Record<string, unknown> } | null>;
  plannedSlots(release: RecordKey): Promise<number>;
  approvals(release: RecordKey): Promise<GateApproval[]>;
}

export interface ReleaseNotesRecord {
  kind: 'cycle' | 'final';
  /** 0 for final notes. */
  cycle: number;
  base: string;
  head: string;
  markdown: string;
}

export function createReleaseRecords(db: Database): ReleaseRecords {
  return {
    async branchForked({ tenantId, id }, commit) {
      await db.run('UPDATE releases SET fork_commit = ? WHERE tenant_id = ? AND id = ?', [commit, tenantId, id]);
    },
    async candidateTagged({ tenantId, id }, tag, commit) {
      await db.run('UPDATE regression_cycles SET rc_tag = ?, rc_commit = ? WHERE tenant_id = ? AND id = ?', [tag, commit, tenantId, id]);
    },
    async releaseTagged({ tenantId, id }, tag) {
      await db.run('UPDATE releases SET release_tag = ? WHERE tenant_id = ? AND id = ?', [tag, tenantId, id]);
    },
    async ticketCreated({ tenantId, id }, { ticketKey, url }) {
      await db.run('UPDATE platform_releases SET ticket_key = ?, ticket_url = ? WHERE tenant_id = ? AND id = ?', [
        ticketKey,
        url,
        tenantId,
        id,
      ]);
    },
    async testRunCreated({ tenantId, id }, { runId, url }) {
      await db.run('UPDATE platform_releases SET test_run_id = ?, test_run_url = ? WHERE tenant_id = ? AND id = ?', [
        runId,
        url,
        tenantId,
        id,
      ]);
    },
    async notesWritten({ tenantId, id }, notes) {
      await db.run(
        `INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES (?)
         ON DUPLICATE KEY UPDATE base_ref = VALUES(base_ref), head_ref = VALUES(head_ref), markdown = VALUES(markdown)`,
        [[ulid(), tenantId, id, notes.kind, notes.cycle, notes.base, notes.head, notes.markdown]],
      );
    },
    async sibling(task, type) {
      const [row] = await db.rows<{ id: string; output: unknown }>(
        'SELECT id, output FROM tasks WHERE stage_id = ? AND stage_attempt = ? AND type = ? ORDER BY id DESC LIMIT 1',
        [task.stageId, task.stageAttempt, type],
      );
      return row === undefined ? null : { id: row.id, output: (parseJson(row.output) as Record<string, unknown> | null) ?? {} };
    },
    async plannedSlots({ tenantId, id }) {
      const [row] = await db.rows<{ planned: number }>(
        `SELECT COUNT(*) AS planned FROM regression_slots WHERE tenant_id = ? AND release_id = ? AND status = 'PLANNED'`,
        [tenantId, id],
      );
      return Number(row?.planned ?? 0);
    },
    approvals({ tenantId, id }) {
      return db.rows<GateApproval>(
        'SELECT account_id AS accountId, decision, commit_sha AS commit, created_at AS at FROM approvals WHERE tenant_id = ? AND release_id = ?',
        [tenantId, id],
      );
    },
  };
}
