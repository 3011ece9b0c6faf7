import { isValid } from 'ulid';
import { parseJson } from '../../db/schema/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { ReleaseStatus } from '../../domain/release/vocabulary.ts';
import type { DeadlineAction, HoldReason, RunStatus, TaskStatus, WaitReason } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';
import { type BrokenConnection, brokenConnections } from './broken-connections.ts';
import { gateTaskType } from './gate-view.ts';
import { displayIdOf } from './release-row.ts';
import { attentionItem, holdItem, planningFailedItem, slotItem, taskItem, type WhyItem } from './why-items.ts';

export interface WhyView {
  releaseId: string;
  displayId: string;
  status: ReleaseStatus;
  /** When this was true, by the database's clock. */
  at: string;
  /** What matters most, in one sentence. */
  summary: string;
  items: WhyItem[];
}

/** One row of the union: each kind fills what it has. */
interface Row {
  kind: 'release' | 'hold' | 'task' | 'slot';
  id: string;
  name: string;
  status: string;
  reason: string | null;
  note: string | null;
  person: string | null;
  held: number;
  since: Date | null;
  runAt: Date | null;
  deadlineAt: Date | null;
  onDeadline: DeadlineAction | null;
  failure: string | null;
  output: string | null;
  given: number | null;
  now: Date;
}

/** What a release waits for: what, on whom, since when, and what happens next by itself and when. One query, unless a connection is broken. */
export async function whyRelease(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<WhyView> {
  authorise(caller, 'release:read');
  if (!isValid(releaseId)) throw notFound('The release');
  const scope = [releaseId, caller.tenantId];
  const rows = await deps.db.rows<Row>(query, [...scope, ...scope, gateTaskType, gateTaskType, ...scope, ...scope]);
  const head = rows.find((row) => row.kind === 'release');
  if (head === undefined) throw notFound('The release');
  const failed = rows.flatMap((row) => (row.kind === 'task' ? (failureOf(row)?.connection ?? []) : []));
  const broken = await brokenConnections(deps.db, caller.tenantId, failed);
  const items = [...rows.flatMap((row) => itemsOf(row, head, broken)), ...planningItems(head)].sort((a, b) => urgency(a) - urgency(b));
  const status = releaseStatus({ status: head.status as RunStatus, held: head.held === 1 }, { archivedAt: head.since });
  const displayId = displayIdOf(Number(head.name));
  return { releaseId, displayId, status, at: head.now.toISOString(), summary: summarise(displayId, status, items), items };
}

function itemsOf(row: Row, head: Row, broken: ReadonlyMap<string, BrokenConnection>): WhyItem[] {
  const since = row.since ?? head.now;
  switch (row.kind) {
    case 'hold':
      return [
        holdItem({
          reason: row.reason as HoldReason,
          subject: row.name === '' ? null : row.name,
          note: row.note,
          by: row.person,
          since,
        }),
      ];
    case 'task':
      return [taskItem({ ...taskFact(row, broken), since }, head.now)];
    case 'slot':
      return [slotItem({ id: row.id, date: row.runAt ?? head.now }, head.now)];
    default:
      return [];
  }
}

const failureOf = (row: Row) => parseJson(row.failure) as Failure | null;

function taskFact(row: Row, broken: ReadonlyMap<string, BrokenConnection>) {
  const failure = failureOf(row);
  const output = parseJson(row.output) as { quorum?: number; requirements?: { met: boolean | 'unknown'; evidence: string }[] } | null;
  return {
    id: row.id,
    type: row.name,
    status: row.status as TaskStatus,
    waitReason: row.reason as WaitReason | null,
    held: row.held === 1,
    runAt: row.runAt,
    deadlineAt: row.deadlineAt,
    onDeadline: row.onDeadline ?? 'fail',
    failure,
    connection: broken.get(failure?.connection?.id ?? '') ?? null,
    approvals: output === null ? null : { given: row.given ?? 0, quorum: output.quorum ?? 0 },
    unmet: (output?.requirements ?? []).filter(({ met }) => met !== true).map(({ evidence }) => evidence),
  };
}

function planningItems(head: Row): WhyItem[] {
  const failure = failureOf(head);
  return [
    ...(failure === null ? [] : [planningFailedItem(failure, head.runAt)]),
    ...(head.note === null ? [] : [attentionItem(head.note)]),
  ];
}

/** What a person must do comes first, what time brings comes last. */
function urgency(item: WhyItem): number {
  // The task such a hold is about says more.
  if (item.kind === 'hold' && item.what !== 'USER_REQUESTED') return 4;
  if (item.on === 'person') return item.nextAction === null ? 0 : 1;
  return item.kind === 'slot' ? 3 : 2;
}

function summarise(displayId: string, status: ReleaseStatus, items: readonly WhyItem[]): string {
  const [first] = items;
  if (status === 'COMPLETED' || status === 'ARCHIVED') return `${displayId} is ${status}: it waits for nothing.`;
  if (first === undefined) return `${displayId} waits for nothing: what comes next is being planned.`;
  return items.length === 1 ? first.sentence : `${first.sentence} (and ${items.length - 1} more)`;
}

const query = `
  SELECT 'release' AS kind, r.id, r.display_number AS name, n.status, NULL AS reason, r.attention AS note, NULL AS person, n.held,
         r.archived_at AS since, n.run_at AS runAt, NULL AS deadlineAt, NULL AS onDeadline, CAST(n.failure AS CHAR) AS failure,
         NULL AS output, NULL AS given, UTC_TIMESTAMP(3) AS now
  FROM releases r JOIN runs n ON n.id = r.run_id WHERE r.id = ? AND r.tenant_id = ?
  UNION ALL
  SELECT 'hold', h.run_id, h.subject, '', h.reason, h.note, a.display_name, 1, h.since, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM releases r JOIN run_holds h ON h.run_id = r.run_id LEFT JOIN accounts a ON a.id = h.account_id
  WHERE r.id = ? AND r.tenant_id = ?
  UNION ALL
  SELECT 'task', t.id, t.type, t.status, t.wait_reason, NULL, NULL, t.held, t.status_since, t.run_at, t.deadline_at, t.on_deadline,
         CAST(t.failure AS CHAR), CASE WHEN t.type = ? THEN CAST(t.output AS CHAR) END,
         CASE WHEN t.type = ? THEN (SELECT COUNT(*) FROM approvals p WHERE p.tenant_id = t.tenant_id AND p.task_id = t.id
           AND p.decision = 'APPROVED') END, NULL
  FROM releases r JOIN tasks t ON t.run_id = r.run_id
  WHERE r.id = ? AND r.tenant_id = ? AND t.status IN ('READY', 'IN_PROGRESS', 'WAITING', 'FAILED')
  UNION ALL
  SELECT 'slot', s.id, '', s.status, NULL, NULL, NULL, 0, NULL, s.date, NULL, NULL, NULL, NULL, NULL, NULL
  FROM releases r JOIN regression_slots s ON s.tenant_id = r.tenant_id AND s.release_id = r.id AND s.status = 'PLANNED'
  WHERE r.id = ? AND r.tenant_id = ?`;
