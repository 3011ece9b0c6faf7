import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { tryUnderWay } from '../../domain/deployment/recipe-try.ts';
import type { RunView } from '../../domain/run.ts';
import { queueCleanUps } from './clean-up-row.ts';

/** Longer than CI systems take to cancel a run; after that a person has to look, and the history says so. */
const WITHIN_HOURS = 1;

/**
 * Writes down every step of a recipe that the deployment began and has not seen to its end. It locks the tasks: one that is about to store that it begins
 * comes before this, or finds that its task was called off.
 */
export async function queueRecipeSteps(tx: Tx, { id: runId, tenantId, subjectId }: RunView, reason: string | null): Promise<void> {
  const tasks = await tx.rows<{ id: string; subject: string; intents: unknown }>(
    `SELECT t.id, CONCAT(s.stage_key, '/', t.task_key) AS subject, t.intents FROM stages s JOIN tasks t ON t.stage_id = s.id AND t.stage_attempt = s.attempt
     WHERE s.run_id = ? AND t.type IN ('BUILD_ARTIFACT', 'RUN_TESTS') ORDER BY t.id FOR UPDATE`,
    [runId],
  );
  const begun = tasks.filter(({ id, intents }) => tryUnderWay(id, (parseJson(intents) as Parameters<typeof tryUnderWay>[1] | null) ?? {}));
  // Nobody is rung for: the sweep comes by within its interval.
  await queueCleanUps(
    tx,
    { tenantId, scopeId: subjectId, accountId: null, reason: reason?.slice(0, MAX_REASON) ?? null, withinHours: WITHIN_HOURS },
    begun.map(({ subject }) => ({ kind: 'RECIPE_STEP', subject })),
  );
}

const MAX_REASON = 1_000;
