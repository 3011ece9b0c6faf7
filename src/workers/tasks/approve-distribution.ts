import { type DistributionGateEvidence, distributionSubject, evaluateDistributionGate } from '../../domain/release/distribution-gate.ts';
import type { Target } from '../../domain/release/vocabulary.ts';
import type { StoreBuild } from '../../integrations/capabilities/app-store.ts';
import { storeLock } from '../../services/releases/store-lock.ts';
import { afterLook, freshForMs, policyFor } from '../gate-look.ts';
import { reading } from '../reading.ts';
import { candidateOf, cycleOf } from '../release-refs.ts';
import { buildTypeOf, knownBuild } from '../store-builds.ts';
import { storeSignals, storeTarget } from '../store-target.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/**
 * The gate before the stores. Looks at every requirement afresh each time; asks people once all the others hold, and opens when they have
 * approved this very commit. Its output names the build of each store that they approved: that is what is submitted.
 */
export const approveDistribution: TaskHandler = {
  locks: (release) => release.config.stores.map(storeLock),
  async run(context) {
    const { release, task } = context;
    const candidate = candidateOf(cycleOf(release, task.input));
    const { evidence, builds } = await gather(context, candidate.commit);
    return afterLook(context, {
      evaluation: evaluateDistributionGate(evidence),
      subject: distributionSubject(evidence),
      readAt: evidence.readAt,
      output: { cycle: task.input.cycle, rcTag: candidate.tag, rcCommit: candidate.commit, releaseTag: release.releaseTag, builds },
      signals: release.config.stores.flatMap(storeSignals),
    });
  },
};

async function gather(
  context: TaskContext,
  commit: string,
): Promise<{ evidence: DistributionGateEvidence; builds: Partial<Record<Target, string>> }> {
  const { release, services, task, pollMs } = context;
  const { records } = services;
  const key = { tenantId: release.tenantId, id: release.id };
  const { found, builds } = await readBuilds(context, await records.now());
  const tasks = await records.round(task);
  const evidence = {
    // The build of a store is judged by what the store shows.
    tasks: tasks.map(({ key: name, status }) => ({ key: name, status })),
    ticketCheck: tasks.find(({ type }) => type === 'CHECK_PROJECT_RELEASE_APPROVAL')?.status ?? null,
    openBlockers: await records.openBlockers(key),
    builds: found,
    commit,
    notesDigest: await records.notesDigest(key, null),
    freshForMs: freshForMs(pollMs),
    policy: policyFor(context),
    approvals: await records.approvals(key, task.type),
    readAt: await records.now(),
  };
  return { evidence, builds };
}

async function readBuilds(context: TaskContext, begunAt: Date) {
  const { release, services, task } = context;
  const found: DistributionGateEvidence['builds'][number][] = [];
  const builds: Partial<Record<Target, string>> = {};
  for (const store of release.config.stores) {
    const { version } = storeTarget(release, (candidate) => candidate === store).platform;
    const known = knownBuild((await services.records.sibling(task, buildTypeOf(store.target)))?.output);
    const build = await reading(async () => {
      const shown = await services.storeBuilds.find(store, { tenantId: release.tenantId, version, ...known });
      if (shown?.state.kind === 'ready') builds[store.target] = shown.buildNumber;
      return shown === null ? null : viewOf(shown);
    }, begunAt);
    found.push({ target: store.target, build });
  }
  return { found, builds };
}

function viewOf({ buildNumber, state }: StoreBuild) {
  const words = state.kind === 'refused' ? `refused: ${state.reason}` : state.kind === 'unknown' ? `in the state ${state.raw}` : state.kind;
  return { buildNumber, ready: state.kind === 'ready', state: words };
}
