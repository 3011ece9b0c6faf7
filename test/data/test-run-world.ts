import type { Database } from '../../src/db/client.ts';
import type { GateApproval } from '../../src/domain/gates/approvals.ts';
import type { Intent } from '../../src/engine/intent.ts';
import type { ClaimedTask, Outcome } from '../../src/engine/vocabulary.ts';
import type { Provider } from '../../src/integrations/kit/define-provider.ts';
import { checkmate } from '../../src/integrations/providers/checkmate/index.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import type { ReleaseCycle, ReleasePlatform } from '../../src/services/execution/release-source.ts';
import { createTestRunService } from '../../src/services/execution/test-run-service.ts';
import type { TaskContext, TaskHandler } from '../../src/workers/task-context.ts';
import { guardedDeps } from '../contracts/adapter-harness.ts';
import { type CheckmateFake, createCheckmateFake } from '../fakes/checkmate/index.ts';
import { frozenConfig } from './release-facts.ts';

/*
 * Task handlers that work with test runs, over the service and the adapter they have in production, against a test management that is faked
 * behind HTTP. Rows are plain objects here.
 */

const TOKEN = 'a1b2c3d4e5f60718';
export const TESTS = 10;

/** Ended in the middle of a handler. */
export class Crash extends Error {}

export interface TestRunWorld {
  fake: CheckmateFake;
  projectId: number;
  platforms: ReleasePlatform[];
  cycles: ReleaseCycle[];
  /** What people said at the gate. */
  approvals: GateApproval[];
  thresholdPercent: number;
  provider: Provider;
  /** How many more times something is written down until the process dies. */
  diesAfter: number;
  task(id: string, cycle?: number): ClaimedTask;
  run(handler: TaskHandler, task: ClaimedTask): Promise<Outcome>;
  /** Of the run that a target has now. */
  counts(platform?: string): Record<string, number>;
  close(): Promise<void>;
}

export const commit = 'c'.repeat(40);
const cycle = (number: number): ReleaseCycle => ({
  id: `C${number}`,
  number,
  status: 'DONE',
  rcTag: `v1.4.0-rc.${number}`,
  rcCommit: commit,
});

export async function openTestRuns(): Promise<TestRunWorld> {
  const fake = await createCheckmateFake();
  fake.world.addUser({ token: TOKEN, role: 'admin' });
  const { projectId } = fake.world.addProject({ tests: Array.from({ length: TESTS }, () => ({})) });
  const target = (id: string, platform: 'ANDROID' | 'IOS'): ReleasePlatform => ({
    ...{ id, platform, target: platform === 'IOS' ? 'APP_STORE' : 'PLAY_STORE', version: '1.4.0' },
    ...{ ticketKey: null, ticketUrl: null, testRunId: null, testRunUrl: null },
  });
  const connection = { id: 'TM', baseUrl: fake.origin, credentials: checkmate.credentials.parse({ token: TOKEN }), settings: {} };
  const world: TestRunWorld = {
    ...{ fake, projectId, platforms: [target('T1', 'ANDROID'), target('T2', 'IOS')], cycles: [cycle(1), cycle(2)], approvals: [] },
    ...{ thresholdPercent: 90, provider: checkmate, diesAfter: Number.POSITIVE_INFINITY },
    // Handlers read no more of their task than this.
    task: (id, number = 1) => ({ id, input: { cycle: number }, intents: {} }) as unknown as ClaimedTask,
    run: (handler, task) =>
      inAttempt({ signal: new AbortController().signal, assertOurs: () => undefined }, () => handler.run(contextOf(world, services, task))),
    counts(platform = 'ANDROID') {
      const id = world.platforms.find((each) => each.platform === platform)?.testRunId ?? '';
      const counted: Record<string, number> = {};
      for (const { status } of fake.world.run(id).tests.values()) counted[status] = (counted[status] ?? 0) + 1;
      return counted;
    },
    close: () => fake.close(),
  };
  const row = () => ({ integrationId: 'TM', projectId: String(projectId), passThresholdPercent: world.thresholdPercent, platforms: '[]' });
  const connector = {
    open: async () => ({ id: 'TM', category: 'test-management', provider: world.provider, connection, deps: guardedDeps('checkmate', []) }),
    comesToLightWithinMs: (lagMs: number) => lagMs,
  };
  // The service asks nothing else of them.
  const services = createTestRunService({ rows: async () => [row()] } as unknown as Database, connector as unknown as Connector);
  return world;
}

function contextOf(world: TestRunWorld, testRuns: ReturnType<typeof createTestRunService>, task: ClaimedTask): TaskContext {
  const write = () => {
    if (world.diesAfter <= 0) throw new Crash();
    world.diesAfter -= 1;
  };
  const intent = async (effect: string, value: string | null = null): Promise<Intent> => {
    write();
    const known = task.intents[effect];
    const stored = known ?? { at: new Date().toISOString(), value };
    task.intents[effect] = stored;
    return { repeated: known !== undefined, since: new Date(stored.at), agoMs: 0, value: stored.value };
  };
  const records = {
    async testRunCreated({ id }: { id: string }, { runId, url }: { runId: string; url: string }) {
      write();
      world.platforms = world.platforms.map((each) => (each.id === id ? { ...each, testRunId: runId, testRunUrl: url } : each));
    },
    releaseTagged: async () => undefined,
    plannedSlots: async () => 0,
    openBlockers: async () => [],
    approvals: async () => world.approvals,
    automation: async () => null,
    candidateBuilds: async () => [],
    notesDigest: async () => null,
    now: async () => new Date(),
  };
  const context = {
    task,
    release: {
      ...{ id: 'R1', tenantId: 'T', displayId: 'REL-1', branch: 'release/1.4.0', createdByAccountId: 'requester' },
      ...{ platforms: world.platforms, cycles: world.cycles },
      config: {
        ...{ testManagementConfigId: 'TM', scmIntegrationId: 'SCM', tagPattern: 'v{version}' },
        gates: frozenConfig().gates,
      },
    },
    services: { testRuns, records, scm: { resolve: async () => commit, createTag: async () => undefined } },
    ...{ intent, renewIntent: async () => undefined, pollMs: 60_000 },
  };
  // The handlers read no more of their context than this.
  return context as unknown as TaskContext;
}
