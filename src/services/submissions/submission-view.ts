import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Platform, StoreTarget } from '../../domain/release/vocabulary.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { iso, isoOrNull } from '../releases/instant.ts';

export const submissionStatuses = ['PREPARING', 'IN_REVIEW', 'APPROVED', 'REJECTED', 'WITHDRAWN'] as const;
export type SubmissionStatus = (typeof submissionStatuses)[number];

export interface SubmissionView {
  id: string;
  platform: Platform;
  target: StoreTarget;
  version: string;
  /** 1, 2, … within the target. */
  ordinal: number;
  buildNumber: string;
  status: SubmissionStatus;
  /** The store's own word, where it is not simply one of ours. */
  providerState: string | null;
  /** Why it was rejected. */
  reason: string | null;
  /** Its page in the store's console. */
  url: string | null;
  /** Locale → what the store was given. */
  notes: Record<string, string>;
  /** What follows it. */
  task: { id: string; status: TaskStatus };
  createdAt: string;
  submittedAt: string | null;
  decidedAt: string | null;
}

export interface SubmissionRow extends Omit<SubmissionView, 'task' | 'notes' | 'createdAt' | 'submittedAt' | 'decidedAt'> {
  taskId: string;
  taskStatus: TaskStatus;
  notes: unknown;
  createdAt: Date;
  submittedAt: Date | null;
  decidedAt: Date | null;
}

const SELECT = `
  SELECT s.id, p.platform, s.target, p.version, s.ordinal, s.build_number AS buildNumber, s.status, s.provider_state AS providerState, s.reason,
         s.url, s.notes, s.task_id AS taskId, t.status AS taskStatus, s.created_at AS createdAt, s.submitted_at AS submittedAt,
         s.decided_at AS decidedAt
  FROM store_submissions s JOIN platform_releases p ON p.id = s.platform_release_id JOIN tasks t ON t.id = s.task_id`;

/** Newest first. */
export function submissionRows(sql: Sql, tenantId: string, releaseId: string): Promise<SubmissionRow[]> {
  return sql.rows<SubmissionRow>(`${SELECT} WHERE s.tenant_id = ? AND s.release_id = ? ORDER BY s.id DESC`, [tenantId, releaseId]);
}

export function submissionView({ taskId, taskStatus, ...row }: SubmissionRow): SubmissionView {
  return {
    ...row,
    notes: parseJson(row.notes) as Record<string, string>,
    task: { id: taskId, status: taskStatus },
    createdAt: iso(row.createdAt),
    submittedAt: isoOrNull(row.submittedAt),
    decidedAt: isoOrNull(row.decidedAt),
  };
}
