import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { DeploymentStatus } from '../../domain/deployment/vocabulary.ts';
import { type Failure, remedy } from '../../domain/failure.ts';
import type { WaitReason } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';

export interface WhyView {
  status: DeploymentStatus;
  /** One sentence. */
  summary: string;
  items: WhyItem[];
}

export interface WhyItem {
  kind: 'wait' | 'hold' | 'failure' | 'cancellation' | 'work';
  text: string;
  taskId: string | null;
  since: string | null;
  /** When it is looked at again by itself; null = only an event does. */
  until: string | null;
}

const waitWords: Record<WaitReason, string> = {
  CALLBACK: 'looks at its drivers again',
  MANUAL_BUILD: 'waits for a build',
  APPROVAL: 'waits for approval',
  WINDOW: 'waits for a window that allows it',
  TIMER: 'waits for its time',
  HALTED: 'is paused',
  TURN: 'waits for its turn',
  RETRY: 'failed and is tried again',
  RATE_LIMIT: 'was told to slow down',
  CONNECTION: 'waits for a connection to be mended',
};

/** What a deployment waits for. A constant number of queries. */
export async function whyDeployment({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, deploymentId: string): Promise<WhyView> {
  authorise(caller, 'release:read');
  return readWhyDeployment(db, caller.tenantId, deploymentId);
}

export async function readWhyDeployment(sql: Pick<Sql, 'rows'>, tenantId: string, deploymentId: string): Promise<WhyView> {
  const deployment = await readDeployment(sql, tenantId, deploymentId);
  const tasks = await sql.rows<TaskRow>(
    `SELECT t.id, t.task_key AS \`key\`, t.type, t.status, t.failure, t.status_since AS since, IF(JSON_TYPE(JSON_EXTRACT(t.output, '$.why')) = 'STRING', JSON_UNQUOTE(JSON_EXTRACT(t.output, '$.why')), NULL) AS why,
            t.status = 'WAITING' AND t.wait_reason <> 'WINDOW' AND JSON_EXTRACT(t.output, '$.target') IS NOT NULL AS isAtStore,
            IF(t.type = 'CHECK_PREFLIGHT' AND t.failure IS NOT NULL, JSON_EXTRACT(t.output, '$.requirements'), NULL) AS requirements
     FROM tasks t JOIN deployments d ON d.run_id = t.run_id
     WHERE d.tenant_id = ? AND d.id = ?
       AND (t.status IN ('FAILED', 'IN_PROGRESS', 'READY') OR (t.status = 'WAITING' AND (t.wait_reason = 'WINDOW' OR JSON_EXTRACT(t.output, '$.target') IS NOT NULL))
            OR (t.type = 'CHECK_PREFLIGHT' AND t.status = 'WAITING')) ORDER BY t.id`,
    [tenantId, deploymentId],
  );
  const atStores = new Map(
    tasks.flatMap(({ id, why, isAtStore }) => (Number(isAtStore) === 1 && why !== null ? [[id, why] as const] : [])),
  );
  const windows = new Map(
    tasks.flatMap(({ id, type, status, why, isAtStore }) =>
      status === 'WAITING' && type !== 'CHECK_PREFLIGHT' && Number(isAtStore) !== 1 ? [[id, why] as const] : [],
    ),
  );
  const others = tasks.filter(({ status }) => status !== 'WAITING').map(taskItem);
  const items = deployment.endedAt === null ? [...itemsOf(deployment, windows, atStores), ...others] : [];
  // Preflight is what it ended with, if it did: that it is over makes them no less the reason.
  return { status: deployment.status, summary: summaryOf(deployment, items), items: [...items, ...tasks.flatMap(unmetItems)] };
}

interface TaskRow {
  id: string;
  key: string;
  status: string;
  failure: unknown;
  since: Date;
  /** Whether it waits for what a store shows, or for whoever lets it go on there. */
  isAtStore: number | null;
  /** Of one that waits for a window: which forbid it; of one at a store: what it waits for. */
  why: string | null;
  type: string;
  /** What a preflight that did not pass found; null = nothing. */
  requirements: unknown;
}

/** Each thing that preflight found not to hold, however many there are. */
function unmetItems({ id, since, requirements }: TaskRow): WhyItem[] {
  const found = (parseJson(requirements) ?? []) as { key: string; met: boolean | 'unknown'; evidence: string }[];
  return found
    .filter(({ met }) => met !== true)
    .map(({ key, evidence }) => ({
      ...{ kind: 'failure' as const, text: `${key}: ${evidence}`, taskId: id, since: since.toISOString(), until: null },
    }));
}

/**
 * @param windows what tasks that wait for a window found, by id
 * @param atStores what tasks at a store wait for
 */
function itemsOf(
  { id, cancellation, holds, waits }: DeploymentDetail,
  windows: ReadonlyMap<string, string | null>,
  atStores: ReadonlyMap<string, string>,
): WhyItem[] {
  return [
    ...(cancellation === null
      ? []
      : [
          {
            ...{ kind: 'cancellation' as const, text: `It was cancelled: ${cancellation.reason}`, taskId: null },
            ...{ since: cancellation.requestedAt, until: cancellation.deadlineAt },
          },
        ]),
    ...holds.map(({ reason, note, since }) => ({
      ...{ kind: 'hold' as const, text: `It is held: ${reason}${note === null ? '' : ` (${note})`}`, taskId: null, since, until: null },
    })),
    ...waits.map(({ taskId, task, reason, since, until }) => ({
      ...{
        kind: 'wait' as const,
        text: `${task} ${atStores.has(taskId) ? `waits: ${atStores.get(taskId)}` : `${waitWords[reason]}${windowWords(id, windows.get(taskId))}`}`,
        taskId,
        since,
        until,
      },
    })),
  ];
}

/** Which forbid it, and how a person lets the deployment pass. */
function windowWords(deploymentId: string, why: string | null | undefined): string {
  if (why === undefined) return '';
  const names = why === null ? '' : ` (${why})`;
  return `${names}; an owner or admin lets it pass with POST …/deployments/${deploymentId}/window-overrides`;
}

function taskItem({ id, key, status, failure, since }: TaskRow): WhyItem {
  const known = parseJson(failure) as Failure | null;
  const text =
    status === 'FAILED'
      ? `${key} failed: ${known?.message ?? 'nobody knows why'}. ${known === null ? '' : remedy(known)}`.trim()
      : `${key} is under way`;
  return { kind: status === 'FAILED' ? 'failure' : 'work', text, taskId: id, since: since.toISOString(), until: null };
}

const order: WhyItem['kind'][] = ['cancellation', 'hold', 'failure', 'wait', 'work'];

function summaryOf({ status, failure }: DeploymentDetail, items: readonly WhyItem[]): string {
  const first = [...items].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0];
  if (first !== undefined) return first.text;
  return failure === null ? `It is ${status}.` : `It is ${status}: ${failure}`;
}
