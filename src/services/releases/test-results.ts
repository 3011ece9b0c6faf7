import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { TestCounts, TestEvidence, TestRunState } from '../../domain/release/test-results.ts';
import type { Platform } from '../../domain/release/vocabulary.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { hurry } from '../../engine/signal.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { gateTaskType } from './gate-view.ts';
import { platformsOf } from './platform-view.ts';
import { findRunOf } from './release-row.ts';
import type { PlatformView } from './release-view.ts';

/** A look that is younger is not repeated: many people may ask at once, and the provider is asked once. */
const FRESH_MS = 5_000;

export interface TestResultsView {
  /** The latest regression cycle; null before the first. */
  cycle: number | null;
  /** The gate looks again now: ask again in a moment. */
  refreshing: boolean;
  items: PlatformTestResults[];
}

export interface PlatformTestResults {
  platform: Platform;
  /** Null until it is created. */
  testRun: { id: string; url: string | null } | null;
  /** The cycle that was looked at; null when the gate has not looked yet. */
  cycle: number | null;
  state: TestRunState | null;
  /** Null where they could not be read. */
  counts: TestCounts | null;
  thresholdPercent: number | null;
  /** Of the latest cycle; null when the gate has not looked at its results yet. */
  met: boolean | 'unknown' | null;
  evidence: string | null;
  checkedAt: string | null;
}

interface StoredRequirement {
  key: string;
  met: boolean | 'unknown';
  evidence: string;
  checkedAt: string;
  tests?: TestEvidence;
}

interface Gate {
  id: string;
  status: TaskStatus;
  now: Date;
  output: { cycle?: number; requirements?: StoredRequirement[] } | null;
}

/**
 * How the tests of a release stand, as its regression gate last saw them: viewers cost the provider nothing.
 * @param refresh makes the gate look again, which needs `task:retry`
 */
export async function readTestResults(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  { refresh }: { refresh: boolean },
): Promise<TestResultsView> {
  authorise(caller, 'release:read');
  if (refresh) authorise(caller, 'task:retry');
  const runId = await findRunOf(deps.db, caller, releaseId);
  const gate = await findGate(deps.db, runId);
  const cycle = await latestCycle(deps.db, caller.tenantId, releaseId);
  const platforms = (await platformsOf(deps.db, caller.tenantId, [releaseId])).get(releaseId) ?? [];
  const runs = new Map(platforms.map((target) => [`${target.platform} ${target.testRun?.id}`, target]));
  const items = [...runs.values()].map((target) => resultsOf(target, gate, cycle));
  return { cycle, refreshing: refresh && gate !== null && (await lookAgain(deps, gate, items)), items };
}

async function findGate(sql: Pick<Sql, 'rows'>, runId: string): Promise<Gate | null> {
  const [row] = await sql.rows<Omit<Gate, 'output'> & { output: unknown }>(
    'SELECT id, status, output, UTC_TIMESTAMP(3) AS now FROM tasks WHERE run_id = ? AND type = ? ORDER BY id DESC LIMIT 1',
    [runId, gateTaskType],
  );
  // What the gate's handler wrote.
  return row === undefined ? null : { ...row, output: parseJson(row.output) as Gate['output'] };
}

async function latestCycle(sql: Pick<Sql, 'rows'>, tenantId: string, releaseId: string): Promise<number | null> {
  const [row] = await sql.rows<{ latest: number | null }>(
    `SELECT MAX(number) AS latest FROM regression_cycles WHERE tenant_id = ? AND release_id = ? AND status <> 'ABANDONED'`,
    [tenantId, releaseId],
  );
  return row?.latest ?? null;
}

function resultsOf({ platform, testRun }: PlatformView, gate: Gate | null, latest: number | null): PlatformTestResults {
  const found = gate?.output?.requirements?.find(
    ({ key, tests }) => key === `tests:test-management:${platform}` && (tests === undefined || tests.runId === testRun?.id),
  );
  if (found === undefined) {
    const nothing = { cycle: null, state: null, counts: null, thresholdPercent: null, met: null, evidence: null, checkedAt: null };
    return { platform, testRun, ...nothing };
  }
  const { tests, met, evidence, checkedAt } = found;
  const cycle = gate?.output?.cycle ?? null;
  const { state = null, counts = null, thresholdPercent = null } = tests ?? {};
  // Whatever a gate saw that was superseded, the runs may have been reset since.
  const isPresent = cycle === latest && gate?.status !== 'CANCELLED';
  return { platform, testRun, cycle, state, counts, thresholdPercent, met: isPresent ? met : null, evidence, checkedAt };
}

async function lookAgain(deps: Pick<ServiceDeps, 'db' | 'ring'>, gate: Gate, items: readonly PlatformTestResults[]): Promise<boolean> {
  if (gate.status === 'IN_PROGRESS' || gate.status === 'READY') return true;
  const looks = items.map(({ checkedAt }) => (checkedAt === null ? 0 : Date.parse(checkedAt)));
  if (gate.status !== 'WAITING' || gate.now.getTime() - Math.min(...looks) < FRESH_MS) return false;
  const wakes = await deps.db.transact(async (tx) => {
    const due = await hurry(tx, [gate.id]);
    tx.afterCommit(() => deps.ring(due));
    return due;
  });
  return wakes.length > 0;
}
