import type { Database } from '../db/client.ts';
import { type BackoffPolicy, backoffMs, type Failure } from '../domain/failure.ts';

interface PostponeOptions {
  db: Database;
  backoff: BackoffPolicy;
  random: () => number;
}

/** Planning threw: a bug or a database in trouble. The run stays due, later each time, with the words an operator needs. */
export async function postponeRun(options: PostponeOptions, runId: string, error: unknown): Promise<void> {
  const [row] = await options.db.rows<{ failures: number }>('SELECT failures FROM runs WHERE id = ?', [runId]);
  if (row === undefined) return;
  const failure: Failure = {
    kind: 'internal',
    message: `Planning failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 1000),
  };
  const delay = backoffMs(row.failures + 1, options.backoff, options.random());
  await options.db.run(
    `UPDATE runs SET failures = failures + 1, failure = ?, fence = fence + 1, run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
     WHERE id = ? AND status IN ('PENDING', 'IN_PROGRESS') AND run_at <= UTC_TIMESTAMP(3)`,
    [JSON.stringify(failure), delay * 1000, runId],
  );
}
