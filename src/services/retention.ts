import type { Database } from '../db/client.ts';

const BATCH = 1000;

/** Forgets what nobody needs any more, in batches that hold locks briefly. History and attempts are kept: they are the record. */
export async function forgetOld(db: Database, days: number): Promise<void> {
  await inBatches(db, `DELETE FROM idempotency_keys WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY LIMIT ${BATCH}`, []);
  for (const outbox of ['webhook_events', 'deliveries']) {
    await inBatches(db, forgetStatement(outbox), [days]);
  }
}

/** Its index holds status and age: the rows that stay are not looked at. */
export const forgetStatement = (outbox: string) =>
  `DELETE FROM ${outbox} WHERE status IN ('DONE', 'SKIPPED', 'FAILED') AND created_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY LIMIT ${BATCH}`;

async function inBatches(db: Database, statement: string, values: number[]): Promise<void> {
  while ((await db.run(statement, values)) === BATCH);
}
