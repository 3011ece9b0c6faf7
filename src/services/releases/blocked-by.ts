import { parseJson } from '../../db/schema/columns.ts';
import type { ReleaseName } from './release-view.ts';

/** SQL for what the tasks of a release `r` that wait for another release found last; NULL = none does. */
export const waitedFor = `(SELECT CAST(JSON_ARRAYAGG(t.output) AS CHAR) FROM tasks t
  WHERE t.run_id = r.run_id AND t.status = 'WAITING' AND t.wait_reason = 'TURN')`;

/** Each once, whichever task waits for it. @param found of `waitedFor` */
export function blockedBy(found: unknown): ReleaseName[] {
  // Servers differ in whether JSON within JSON stays text.
  const outputs = ((parseJson(found) ?? []) as unknown[]).map((output) => parseJson(output) as { blockedBy?: ReleaseName[] } | null);
  return [...new Map(outputs.flatMap((output) => output?.blockedBy ?? []).map((name) => [name.id, name])).values()];
}
