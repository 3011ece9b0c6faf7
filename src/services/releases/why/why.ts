import { isValid } from 'ulid';
import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { Role } from '../../../domain/access/permissions.ts';
import type { Failure } from '../../../domain/failure.ts';
import { allowsSelf, gateOfTask, gateTasks, type ReleaseGate } from '../../../domain/release/gate-rules.ts';
import { readGateRules } from '../../../domain/release/read-config.ts';
import { releaseStatus } from '../../../domain/release/status.ts';
import type { ReleaseStatus } from '../../../domain/release/vocabulary.ts';
import type { HoldReason, RunStatus, TaskStatus, WaitReason } from '../../../domain/run.ts';
import type { Category } from '../../../integrations/kit/define-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { notFound } from '../../service-error.ts';
import { blockedBy } from '../blocked-by.ts';
import { type BrokenConnection, brokenConnection } from '../broken-connections.ts';
import { iso } from '../instant.ts';
import { displayIdOf } from '../release-row.ts';
import {
  attentionItem,
  type BlockerFact,
  holdItem,
  planningFailedItem,
  slotItem,
  type TaskFact,
  taskItem,
  type WhyItem,
} from './why-items.ts';
import { type OwnerFacts, ownerOf, type WhyOwner } from './why-owners.ts';
import { type WhyRow, whyQuery } from './why-query.ts';
import { storeFact } from './why-store-facts.ts';
import { windowFact } from './why-windows.ts';

export interface WhyView {
  releaseId: string;
  displayId: string;
  status: ReleaseStatus;
  /** When this was true, by the database's clock. */
  at: string;
  /** What matters most, in one sentence. */
  summary: string;
  items: OwnedItem[];
  /** Gates that were passed against their requirements, oldest first. */
  overrides: { gate: ReleaseGate; by: string | null; at: string; reason: string | null }[];
}

export interface OwnedItem extends WhyItem {
  owner: WhyOwner;
}

/** What items of one release have in common. */
interface Facts extends OwnerFacts {
  tenantId: string;
  releaseId: string;
  connections: ReadonlyMap<string, { provider: string; broken: BrokenConnection }>;
}

/** What a release waits for: what, on whom, since when, and what happens next by itself and when. One query. */
export async function whyRelease(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<WhyView> {
  authorise(caller, 'release:read');
  return readWhy(deps.db, caller.tenantId, releaseId);
}

/**
 * @param steady leaves out what time alone makes wrong, e.g. when the engine looks again: for texts that stand until something changes
 * @throws ServiceError not-found
 */
export async function readWhy(sql: Sql, tenantId: string, releaseId: string, steady = false): Promise<WhyView> {
  if (!isValid(releaseId)) throw notFound('The release');
  const found = await sql.rows<WhyRow>(...whyQuery(tenantId, releaseId));
  const rows = steady ? found.map(steadied) : found;
  const head = rows.find((row) => row.kind === 'release');
  if (head === undefined) throw notFound('The release');
  const facts = factsOf(rows, head, tenantId);
  const items = [...rows.flatMap((row) => itemsOf(row, head, facts)), ...planningItems(head, facts)].sort(
    (a, b) => urgency(a) - urgency(b),
  );
  const status = releaseStatus(
    { status: head.status as RunStatus, held: head.held === 1 },
    { archivedAt: head.since, submittedAt: head.deadlineAt },
  );
  const displayId = displayIdOf(Number(head.name));
  const overrides = rows
    .filter(({ kind }) => kind === 'override')
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((row) => ({ gate: gateOfTask(row.name), by: row.person, at: iso(row.since ?? head.now), reason: row.note }));
  return { releaseId, displayId, status, at: head.now.toISOString(), summary: summarise(displayId, status, items), items, overrides };
}

/** A look at what a task waits for is no work of its own. */
function steadied(row: WhyRow): WhyRow {
  if (row.kind === 'hold') return { ...row, runAt: null };
  if (row.kind !== 'task' || row.reason === null) return row;
  return { ...row, runAt: null, ...(row.status === 'IN_PROGRESS' ? { status: 'WAITING' } : {}) };
}

function factsOf(rows: readonly WhyRow[], head: WhyRow, tenantId: string): Facts {
  const people = rows
    .filter(({ kind }) => kind === 'person')
    // The query takes members of known roles only.
    .map((row) => ({ name: row.name, role: row.status as Role, isPilot: row.held === 1, isCreator: Number(row.given) === 1 }));
  const connections = rows.flatMap((row): [string, { provider: string; broken: BrokenConnection }][] => {
    if (row.kind !== 'connection') return [];
    // The query names the category itself.
    const { id, name, status, reason, note, since } = row;
    const fact = { id, displayName: name, status, category: reason as Category, error: note, since };
    return [[id, { provider: row.person ?? '', broken: brokenConnection(tenantId, fact, people) }]];
  });
  const allowSelfApproval = allowsSelf(readGateRules(parseJson(head.output)), gateOf(rows));
  return { tenantId, releaseId: head.id, people, connections: new Map(connections), allowSelfApproval };
}

/** The gate that asks, else the first one: nobody else's rules are asked for. */
const gateOf = (rows: readonly WhyRow[]): ReleaseGate =>
  rows.some(({ kind, name }) => kind === 'task' && name === gateTasks.distribution) ? 'distribution' : 'pre-release';

function itemsOf(row: WhyRow, head: WhyRow, facts: Facts): OwnedItem[] {
  const since = row.since ?? head.now;
  const owned = (item: WhyItem, task: TaskFact | null = null, provider: string | null = null) => [
    { ...item, owner: ownerOf(item, task, provider, facts) },
  ];
  switch (row.kind) {
    case 'hold':
      return owned(
        holdItem({
          reason: row.reason as HoldReason,
          subject: row.name === '' ? null : row.name,
          note: row.note,
          by: row.person,
          since,
          blocker: blockerOf(row),
        }),
      );
    case 'task': {
      const fact = { ...taskFact(row, facts), since };
      return owned(taskItem(fact, head.now), fact, providerOf(row, fact, facts));
    }
    case 'slot':
      return owned({ ...slotItem({ id: row.id, date: row.runAt ?? head.now }, head.now), since: iso(since) });
    default:
      return [];
  }
}

/** Whose hints it waits for, else through whom it failed last, else its store. */
function providerOf(row: WhyRow, { failure, store }: TaskFact, { connections }: Facts): string | null {
  return connections.get(row.note ?? '')?.provider ?? failure?.provider ?? store?.target ?? null;
}

function blockerOf(row: WhyRow): BlockerFact | null {
  if (row.output === null) return null;
  return { ...(parseJson(row.output) as Omit<BlockerFact, 'runAt' | 'failure'>), runAt: row.runAt, failure: failureOf(row) };
}

const failureOf = (row: WhyRow) => parseJson(row.failure) as Failure | null;

interface GateOutput {
  quorum?: number;
  requirements?: { key: string; met: boolean | 'unknown'; evidence: string }[];
}

function taskFact(row: WhyRow, { connections, tenantId, releaseId }: Facts): Omit<TaskFact, 'since'> {
  const failure = failureOf(row);
  const turn = row.reason === 'TURN';
  // What these tasks found last is told, not how far their store has come.
  const found = turn || row.reason === 'WINDOW';
  const store = found ? null : storeFact(row.name, row.output);
  const output = (store === null && !found ? parseJson(row.output) : null) as GateOutput | null;
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
    connection: connections.get(failure?.connection?.id ?? '')?.broken ?? null,
    approvals: output === null ? null : { given: row.given ?? 0, quorum: output.quorum ?? 0, detail: approvalDetail(output) },
    store,
    blockedBy: turn ? blockedBy([row.output]).map(({ displayId }) => displayId) : [],
    sameVersion: turn && (parseJson(row.output) as { sameVersion?: boolean } | null)?.sameVersion === true,
    window: row.reason === 'WINDOW' ? windowFact(row.output, tenantId, releaseId) : null,
    unmet: (output?.requirements ?? []).filter(({ met }) => met !== true).map(({ evidence }) => evidence),
  };
}

/** What the gate says of approvals besides their number: groups, and words that do not count. */
function approvalDetail({ requirements = [] }: GateOutput): string | null {
  const [, ...more] = requirements.find(({ key }) => key === 'approvals')?.evidence.split(', ') ?? [];
  return more.length === 0 ? null : more.join(', ');
}

function planningItems(head: WhyRow, facts: Facts): OwnedItem[] {
  const failure = failureOf(head);
  const items = [
    ...(failure === null ? [] : [planningFailedItem(failure, head.runAt)]),
    ...(head.note === null ? [] : [attentionItem(head.note)]),
  ];
  return items.map((item) => ({ ...item, owner: ownerOf(item, null, null, facts) }));
}

const aboutTasks: readonly HoldReason[] = ['TASK_FAILURE', 'AWAITING_APPROVAL'];

/** What a person must do comes first, what time brings comes last. */
function urgency(item: WhyItem): number {
  // The task such a hold is about says more.
  if (item.kind === 'hold' && aboutTasks.some((reason) => reason === item.what)) return 4;
  if (item.kind === 'hold') return 0;
  if (item.on === 'person') return item.nextAction === null ? 0 : 1;
  return item.kind === 'slot' ? 3 : 2;
}

function summarise(displayId: string, status: ReleaseStatus, items: readonly WhyItem[]): string {
  const [first] = items;
  if (status === 'COMPLETED' || status === 'ARCHIVED') return `${displayId} is ${status}: it waits for nothing.`;
  if (first === undefined) return `${displayId} waits for nothing: what comes next is being planned.`;
  return items.length === 1 ? first.sentence : `${first.sentence} (and ${items.length - 1} more)`;
}
