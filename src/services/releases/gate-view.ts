import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type GateSubject, subjectDigest } from '../../domain/gates/subject.ts';
import { type GateRules, gateOfTask, gateTasks, quorumOf } from '../../domain/release/gate-rules.ts';
import type { TaskStatus, WaitReason } from '../../domain/run.ts';
import type { Decision } from './decision.ts';
import { groupBy } from './group-by.ts';
import { iso } from './instant.ts';
import type { ApprovalView, GateView } from './release-view.ts';

/** The task that stands between regression and post-regression. */
export const gateTaskType = gateTasks['pre-release'];
/** The one that stands before the stores. */
export const distributionGateType = gateTasks.distribution;
export const gateTaskTypes = [gateTaskType, distributionGateType] as const;

export const isGate = (taskType: string): boolean => gateTaskTypes.some((type) => type === taskType);

export interface GateRow {
  runId: string;
  taskId: string;
  type: GateView['type'];
  status: TaskStatus;
  waitReason: WaitReason | null;
  since: Date;
  output: unknown;
  /** Who ended it against its requirements; null = nobody. */
  settledBy: string | null;
  approvalId: string | null;
  decision: Decision;
  comment: string | null;
  commit: string | null;
  subject: unknown;
  forAccountIds: unknown;
  at: Date;
  accountId: string;
  displayName: string | null;
}

/** The latest gate of a run with what was said about it. */
export async function gateOf(sql: Pick<Sql, 'rows'>, tenantId: string, runId: string, gates: GateRules): Promise<GateView | null> {
  const latest = 'SELECT MAX(id) AS id FROM tasks WHERE run_id = ? AND type IN (?)';
  const rows = await sql.rows<GateRow>(selectGates(latest), [runId, gateTaskTypes, tenantId]);
  return gateView(rows, gates);
}

/** What `gateView` shows, of many gates in one query, by run. */
export async function gateRowsOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  gateTaskIds: readonly string[],
): Promise<ReadonlyMap<string, GateRow[]>> {
  if (gateTaskIds.length === 0) return new Map();
  const these = 'SELECT id FROM tasks WHERE id IN (?)';
  return groupBy(await sql.rows<GateRow>(selectGates(these), [gateTaskIds, tenantId]), (row) => row.runId);
}

const selectGates = (latest: string) => `
  SELECT t.run_id AS runId, t.id AS taskId, t.type, t.status, t.wait_reason AS waitReason, t.status_since AS since, t.output,
         t.settled_by AS settledBy, a.id AS approvalId, a.decision, a.comment, a.commit_sha AS \`commit\`, a.subject,
         a.for_account_ids AS forAccountIds, a.created_at AS at, a.account_id AS accountId, c.display_name AS displayName
  FROM (${latest}) latest JOIN tasks t ON t.id = latest.id
       LEFT JOIN approvals a ON a.tenant_id = ? AND a.task_id = t.id LEFT JOIN accounts c ON c.id = a.account_id
  ORDER BY a.id DESC`;

/** @param rows of one gate, one per approval */
export function gateView(rows: readonly GateRow[], gates: GateRules): GateView | null {
  const [gate] = rows;
  if (gate === undefined) return null;
  return {
    taskId: gate.taskId,
    type: gate.type,
    status: gate.status,
    waitReason: gate.waitReason,
    since: iso(gate.since),
    evidence: parseJson(gate.output) as GateView['evidence'],
    quorum: quorumOf(gates, gateOfTask(gate.type)),
    approvals: approvalsOf(rows),
  };
}

/** What was said, in the order of the rows. */
export const approvalsOf = (rows: readonly GateRow[]): ApprovalView[] =>
  rows.flatMap((row) => (row.approvalId === null ? [] : [approvalView(row, row.approvalId)]));

const approvalView = (row: GateRow, id: string): ApprovalView => ({
  id,
  taskId: row.taskId,
  decision: row.decision,
  comment: row.comment,
  commit: row.commit,
  subject: subjectDigestOf(row.subject),
  forAccountIds: (parseJson(row.forAccountIds) as string[] | null) ?? [],
  at: iso(row.at),
  by: { accountId: row.accountId, displayName: row.displayName ?? row.accountId },
});

/** @param stored null for words of before it was kept */
export function subjectDigestOf(stored: unknown): string | null {
  const subject = parseJson(stored) as GateSubject | null;
  return subject === null ? null : subjectDigest(subject);
}
