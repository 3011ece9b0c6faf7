import type { Sql } from '../../db/client.ts';
import { isHaltedInStore } from '../../domain/rollout/rollout.ts';
import { rolloutRows } from '../rollouts/rollout-view.ts';
import { submissionRows } from '../submissions/submission-view.ts';
import type { NewCleanUp } from './clean-up-row.ts';

/** What a store goes on with by itself although its release is called off, and what to do about it. */
export interface StoreObstacle {
  cleanUp: NewCleanUp;
  /** `1.4.0 is in review at APP_STORE: withdraw it`. */
  words: string;
}

export async function storeObstacles(sql: Sql, tenantId: string, releaseId: string): Promise<StoreObstacle[]> {
  const submissions = await submissionRows(sql, tenantId, releaseId);
  const rollouts = await rolloutRows(sql, tenantId, releaseId);
  return [
    ...submissions
      .filter(({ status, taskStatus }) => status === 'IN_REVIEW' || (status === 'PREPARING' && taskStatus === 'IN_PROGRESS'))
      .map(({ id, version, target, status }) => ({
        cleanUp: { kind: 'SUBMISSION' as const, subject: id },
        words:
          status === 'IN_REVIEW'
            ? `${version} is in review at ${target}: withdraw it (POST …/submissions/${id}/withdraw)`
            : `${version} is being handed to ${target} this moment: try again`,
      })),
    ...rollouts
      .filter((rollout) => rollout.status === 'PROGRESSING' || (rollout.status === 'PAUSED' && !isHaltedInStore(rollout)))
      .map(({ id, version, target, fraction }) => ({
        cleanUp: { kind: 'ROLLOUT' as const, subject: id },
        words: `${version} is on its way to the users of ${target} (${Math.round(fraction * 100)} %): halt it (POST …/rollouts/${id}/halt)`,
      })),
  ];
}
