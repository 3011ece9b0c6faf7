import { parseJson } from '../../../db/schema/columns.ts';
import type { StoreFact } from './why-stores.ts';

/*
 * What the query of `why` tells of the tasks that are about stores: one JSON object each, so that it stays one query. JSON inside JSON comes as
 * text from some servers; instants come as text from all.
 */

const at = (column: string) => `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%fZ')`;

/** The last word of a person on `wanted`, as long as it is the one that stands. */
const wish = (column: string) => `
  (SELECT ${column} FROM state_history h JOIN state_history_items i ON i.history_id = h.id LEFT JOIN accounts a ON a.id = h.account_id
   WHERE h.tenant_id = o.tenant_id AND h.scope_id = o.release_id AND h.entity_type = 'rollout' AND h.entity_id = o.id
     AND i.field = 'wanted' AND o.wanted = 'HALT' ORDER BY h.sequence DESC LIMIT 1)`;

/** What the task's last look has told; SQL NULL where it has not. */
const told = (path: string) =>
  `IF(JSON_TYPE(JSON_EXTRACT(t.output, '${path}')) = 'STRING', JSON_UNQUOTE(JSON_EXTRACT(t.output, '${path}')), NULL)`;

/** Branches of a CASE over a task `t` of a release `r`. */
export const whenStores = `
  WHEN t.type = 'ROLL_OUT' THEN (
    SELECT CAST(JSON_OBJECT('kind', 'rollout', 'target', o.target, 'version', p.version, 'plan', JSON_EXTRACT(o.plan, '$'), 'status', o.status,
      'pauseReason', o.pause_reason, 'wanted', o.wanted, 'step', o.step, 'stepReachedAt', ${at('o.step_reached_at')}, 'fraction', o.fraction,
      'by', ${wish('a.display_name')}, 'why', ${wish('h.why')}, 
      'verdict', ${told('$.analysis.verdict')}, 'evidence', ${told('$.analysis.reason')}, 'haltedAt', ${told('$.until')}) AS CHAR)
    FROM rollouts o JOIN platform_releases p ON p.id = o.platform_release_id WHERE o.task_id = t.id)
  WHEN t.type IN ('SUBMIT_TO_APP_STORE', 'SUBMIT_TO_PLAY_STORE') THEN (
    SELECT CAST(JSON_OBJECT('kind', 'submission', 'target', s.target, 'version', p.version, 'status', s.status,
      'submittedAt', ${at('s.submitted_at')}) AS CHAR)
    FROM store_submissions s JOIN platform_releases p ON p.id = s.platform_release_id
    WHERE s.tenant_id = t.tenant_id AND s.release_id = r.id AND s.task_id = t.id ORDER BY s.ordinal DESC LIMIT 1)`;

const storeTasks: readonly string[] = ['ROLL_OUT', 'SUBMIT_TO_APP_STORE', 'SUBMIT_TO_PLAY_STORE'];

/** What the branches above put together; null = another task, or one that has not come to its store. */
export function storeFact(taskType: string, stored: unknown): StoreFact | null {
  if (!storeTasks.includes(taskType)) return null;
  const told = parseJson(stored) as Record<string, unknown> | null;
  if (told === null) return null;
  const instant = (value: unknown) => (typeof value === 'string' ? new Date(value) : null);
  // The object is made above, field by field.
  return {
    ...told,
    plan: parseJson(told.plan),
    stepReachedAt: instant(told.stepReachedAt),
    submittedAt: instant(told.submittedAt),
  } as unknown as StoreFact;
}
