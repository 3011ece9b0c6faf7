import type { Outcome } from '../../engine/vocabulary.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { releaseSubmission } from '../../services/execution/stores/submission-place.ts';
import { storeLock } from '../../services/releases/store-lock.ts';
import { repositoryLock } from '../release-refs.ts';
import { lookAgainOnTrouble, storeSignals, storeTarget } from '../store-target.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/** The end: every target is seen live once more, whoever brought it there; then the branch goes back to where it came from. */
export const completeRelease: TaskHandler = {
  locks: (release) => [repositoryLock(release), ...release.config.stores.map(storeLock)],
  async run(context) {
    const { release, services, pollMs } = context;
    const signals = release.config.stores.flatMap(storeSignals);
    return lookAgainOnTrouble(context, { reason: 'CALLBACK', signals }, async (): Promise<Outcome> => {
      const targets = await look(context);
      if (!targets.every(({ live }) => live)) return { kind: 'waiting', reason: 'CALLBACK', forMs: pollMs, output: { targets }, signals };
      await services.records.released({ tenantId: release.tenantId, id: release.id });
      return { kind: 'completed', output: { targets, backMerge: await mergeBack(context) } };
    });
  },
};

interface Standing {
  target: string;
  version: string;
  state: string;
  live: boolean;
  url: string | null;
}

async function look({ release, services, task }: TaskContext): Promise<Standing[]> {
  const targets: Standing[] = [];
  for (const store of release.config.stores) {
    const { platform } = storeTarget(release, (candidate) => candidate === store);
    const { appStore, app } = await services.stores.open(release.tenantId, store);
    const submission = await services.submissions.latest(releaseSubmission(release, platform, store.target, task.id));
    const seen = await appStore.findRelease({ app, version: platform.version, buildNumber: submission?.buildNumber ?? null });
    const state = seen?.state.kind ?? 'not shown';
    // A later version may have taken its place meanwhile.
    const live = state === 'live' || (state === 'superseded' && (await services.rollouts.status({ release, platform })) === 'COMPLETED');
    targets.push({ target: store.target, version: platform.version, state, live, url: seen?.url ?? null });
  }
  return targets;
}

type BackMerge = { into: string; pullRequest: string | null; problem: string | null };

/** Everybody has the version: what stands in the way of the merge is told, and keeps the release open no longer. */
async function mergeBack({ release, services, intent }: TaskContext): Promise<BackMerge> {
  const { tenantId, branch, config, displayId } = release;
  // A hotfix may have started from a tag.
  const into = release.type === 'HOTFIX' ? config.baseBranch : release.baseBranch;
  const nothing = { into, pullRequest: null, problem: null };
  if (branch === into) return nothing;
  await intent('back-merge');
  try {
    const pull = await services.scm.openPullRequest(tenantId, config.scmIntegrationId, {
      ...{ headBranch: branch, baseBranch: into },
      title: `Merge ${branch} back into ${into}`,
      body: `${displayId} is live on every target. Opened by Signalbox.`,
    });
    return pull === null ? nothing : { ...nothing, pullRequest: pull.url };
  } catch (error) {
    if (!(error instanceof ProviderError) || !final.has(error.kind)) throw error;
    return { ...nothing, problem: error.message };
  }
}

const final: ReadonlySet<ProviderError['kind']> = new Set(['conflict', 'invalid', 'not-found', 'forbidden']);
