import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Role } from '../../domain/access/permissions.ts';
import { approvingRoles } from '../../domain/gates/approval-rules.ts';
import { gateTasks, type ReleaseGate, releaseGates } from '../../domain/release/gate-rules.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { TaskStatus, WaitReason } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { activeDelegations } from '../delegations/delegation-row.ts';
import { iso } from '../releases/instant.ts';
import { notFound } from '../service-error.ts';
import { type GateDetail, type GateTaskFact, gateDetail, type OverrideView } from './gate-detail.ts';
import { currentSubject, gateOutputOf, shownSubject } from './gate-subject.ts';
import { givenApprovals, type NamedPerson } from './given-approvals.ts';

/** Every gate of a release, in their order. */
export async function listGates(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: GateDetail[] }> {
  authorise(caller, 'release:read');
  return { items: await readGates(deps.db, caller.tenantId, releaseId) };
}

/** @throws ServiceError not-found for a release without such a gate, too */
export async function showGate(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string, gate: ReleaseGate): Promise<GateDetail> {
  authorise(caller, 'release:read');
  return readGate(deps.db, caller.tenantId, releaseId, gate);
}

/** The same for a use case that has authorised its caller. */
export async function readGate(sql: Sql, tenantId: string, releaseId: string, gate: ReleaseGate): Promise<GateDetail> {
  const found = (await readGates(sql, tenantId, releaseId)).find((each) => each.gate === gate);
  if (found === undefined) throw notFound('The gate');
  return found;
}

interface ReleaseRow {
  config: unknown;
  runId: string;
  requesterAccountId: string;
  now: Date;
}

/** A fixed number of queries, however many people there are. */
async function readGates(sql: Sql, tenantId: string, releaseId: string): Promise<GateDetail[]> {
  const [row] = isValid(releaseId)
    ? await sql.rows<ReleaseRow>(
        `SELECT config, run_id AS runId, created_by_account_id AS requesterAccountId, UTC_TIMESTAMP(3) AS now
         FROM releases WHERE tenant_id = ? AND id = ?`,
        [tenantId, releaseId],
      )
    : [];
  if (row === undefined) throw notFound('The release');
  const { gates: rules, stores } = readFrozenConfig(parseJson(row.config));
  const release = { tenantId, id: releaseId };
  const types = Object.values(gateTasks);
  const tasks = await tasksOf(sql, row.runId);
  const approvals = await givenApprovals(sql, release, types);
  const overrides = await overridesOf(sql, tenantId, releaseId);
  const people = await peopleAround(sql, tenantId);
  // Without stores a release ends before the second gate.
  const gates = releaseGates.filter((gate) => gate === 'pre-release' || stores.length > 0);
  const details: GateDetail[] = [];
  for (const gate of gates) {
    const found = tasks.find(({ type }) => type === gateTasks[gate]);
    const task = found === undefined ? null : found.fact;
    const isDecided = task !== null && task.finishedAt !== null;
    details.push(
      gateDetail({
        ...{ gate, rules, requesterAccountId: row.requesterAccountId, now: row.now, task, ...people },
        subject: await subjectOf(sql, release, { type: gateTasks[gate], task, isDecided }),
        approvals: approvals.filter(({ taskType }) => taskType === gateTasks[gate]),
        override: (task === null ? undefined : overrides.get(task.id)) ?? found?.override ?? null,
      }),
    );
  }
  return details;
}

function subjectOf(
  sql: Sql,
  release: { tenantId: string; id: string },
  { type, task, isDecided }: { type: string; task: GateTaskFact | null; isDecided: boolean },
) {
  if (task === null) return null;
  // What was decided on is what was shown then.
  return isDecided ? shownSubject(task.output) : currentSubject(sql, release, { type, output: task.output });
}

interface TaskRow {
  id: string;
  type: string;
  status: TaskStatus;
  waitReason: WaitReason | null;
  since: Date;
  finishedAt: Date | null;
  output: unknown;
  note: string | null;
  settledById: string | null;
  settledByName: string | null;
}

/** The latest of each type that was not cancelled. `override`: told by the task itself, where a person ended it. */
async function tasksOf(sql: Sql, runId: string): Promise<{ type: string; fact: GateTaskFact; override: OverrideView | null }[]> {
  const rows = await sql.rows<TaskRow>(
    `SELECT t.id, t.type, t.status, t.wait_reason AS waitReason, t.status_since AS since, t.finished_at AS finishedAt, t.output, t.note,
            t.settled_by AS settledById, a.display_name AS settledByName
     FROM tasks t JOIN (SELECT type, MAX(id) AS id FROM tasks WHERE run_id = ? AND type IN (?) AND status <> 'CANCELLED' GROUP BY type) latest
            ON latest.id = t.id LEFT JOIN accounts a ON a.id = t.settled_by`,
    [runId, Object.values(gateTasks)],
  );
  return rows.map(({ type, note, settledById, settledByName, output, ...row }) => ({
    type,
    fact: { ...row, output: gateOutputOf(output) },
    override:
      settledById === null || row.finishedAt === null
        ? null
        : {
            by: { accountId: settledById, displayName: settledByName ?? settledById },
            ...{ at: iso(row.finishedAt), reason: note, how: row.status === 'SKIPPED' ? 'skipped' : 'completed', unmet: [] },
          },
  }));
}

interface OverrideRow {
  taskId: string;
  accountId: string;
  displayName: string | null;
  reason: string;
  how: string;
  unmet: unknown;
  at: Date;
}

async function overridesOf(sql: Sql, tenantId: string, releaseId: string): Promise<ReadonlyMap<string, OverrideView>> {
  const rows = await sql.rows<OverrideRow>(
    `SELECT o.task_id AS taskId, o.account_id AS accountId, a.display_name AS displayName, o.reason, o.how, o.unmet, o.created_at AS at
     FROM gate_overrides o LEFT JOIN accounts a ON a.id = o.account_id WHERE o.tenant_id = ? AND o.release_id = ?`,
    [tenantId, releaseId],
  );
  return new Map(
    rows.map(({ taskId, accountId, displayName, reason, how, unmet, at }) => [
      taskId,
      {
        by: { accountId, displayName: displayName ?? accountId },
        ...{ at: iso(at), reason, how, unmet: parseJson(unmet) as OverrideView['unmet'] },
      },
    ]),
  );
}

/** More than are listed, because some of them have approved or may not. */
const READ = 500;

/** Members who may approve, and who leaves their approving to whom. */
async function peopleAround(sql: Sql, tenantId: string) {
  const approvers = await sql.rows<NamedPerson & { role: Role }>(
    `SELECT m.account_id AS accountId, a.display_name AS displayName, m.role FROM members m JOIN accounts a ON a.id = m.account_id
     WHERE m.tenant_id = ? AND m.role IN (?) ORDER BY m.account_id LIMIT ?`,
    [tenantId, approvingRoles, READ],
  );
  const byId = new Map(approvers.map((person) => [person.accountId, person]));
  const delegators = new Map<string, NamedPerson[]>();
  for (const { fromAccountId, toAccountId } of await activeDelegations(sql, tenantId)) {
    const from = byId.get(fromAccountId);
    if (from !== undefined) delegators.set(toAccountId, [...(delegators.get(toAccountId) ?? []), from]);
  }
  return { approvers, delegators };
}
