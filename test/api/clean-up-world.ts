import { createCleanUp } from '../../src/services/clean-ups/clean-up.ts';
import type { CleanUpView } from '../../src/services/clean-ups/list-clean-ups.ts';
import type { ApiHarness } from './harness.ts';
import type { ReleaseWorld } from './release-world.ts';

export const POLL_MS = 60_000;

/** What a worker does for releases that are called off. */
export function cleaner(api: ApiHarness, world: ReleaseWorld, over: Partial<Parameters<typeof createCleanUp>[0]> = {}) {
  const carryOut = createCleanUp({
    ...{ db: api.db, connector: api.deps.connector, artifacts: api.deps.artifacts, locks: api.deps.locks, ring: api.deps.ring },
    ...{ leaseMs: 20_000, pollMs: POLL_MS, backoff: { baseMs: 2_000, maxMs: 10_000 }, signal: new AbortController().signal },
    ...over,
  });
  const list = async (releaseId: string): Promise<CleanUpView[]> => (await world.call('GET', `/${releaseId}/clean-up`)).body.items;
  return {
    list,
    /** One look at each that is not over, as a worker has it when all are due. */
    async round(releaseId: string): Promise<CleanUpView[]> {
      await api.db.run('UPDATE clean_ups SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE scope_id = ? AND run_at IS NOT NULL', [
        releaseId,
      ]);
      const rows = await api.db.rows<{ id: string; fence: number }>(
        'SELECT id, fence FROM clean_ups WHERE scope_id = ? AND run_at IS NOT NULL ORDER BY created_at, id',
        [releaseId],
      );
      for (const row of rows) await carryOut(row);
      return list(releaseId);
    },
    carryOut,
  };
}

/** What came of each, by kind and subject. */
export const statesOf = (cleanUps: readonly CleanUpView[]) =>
  Object.fromEntries(cleanUps.map(({ kind, subject, state }) => [`${kind} ${subject}`, state]));
