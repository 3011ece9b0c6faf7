import type { Database } from '../db/client.ts';

const BATCH = 1000;

/** Forgets what nobody needs any more, in batches that hold locks briefly. History and attempts are kept: they are the record. */
export async function forgetOld(db: Database, days: number): Promise<void> {
  await inBatches(db, `DELETE FROM idempotency_keys WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY LIMIT ${BATCH}`, []);
  await inBatches(db, `DELETE FROM attempt_calls WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY LIMIT ${BATCH}`, [days]);
  for (const outbox of ['webhook_events', 'deliveries']) {
    await inBatches(db, forgetStatement(outbox), [days]);
  }
}

/** Its index holds status and age: the rows that stay are not looked at, but for the few that are about something unfinished. */
export const forgetStatement = (outbox: string) =>
  `DELETE FROM ${outbox} WHERE status IN ('DONE', 'SKIPPED', 'FAILED') AND created_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY
   ${outbox === 'deliveries' ? ABOUT_NOTHING_UNFINISHED : ''} LIMIT ${BATCH}`;

/** A living message whose row is gone would be begun anew beside the one people see. */
const ABOUT_NOTHING_UNFINISHED = `AND NOT EXISTS (SELECT 1 FROM runs r
     WHERE r.kind = 'release' AND r.subject_id = deliveries.subject_id AND r.status IN ('PENDING', 'IN_PROGRESS'))`;

async function inBatches(db: Database, statement: string, values: number[]): Promise<void> {
  while ((await db.run(statement, values)) === BATCH);
}
