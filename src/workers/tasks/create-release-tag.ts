import { candidateOf, cycleOf, mainVersion, releaseTagName, repositoryLock } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';
import { lockTestRuns } from '../test-run.ts';

/** The final tag, on the very commit of the last release candidate: what was tested is what is released. */
export const createReleaseTag: TaskHandler = {
  locks: (release) => [repositoryLock(release)],
  async run(context) {
    const { task, release, services, intent } = context;
    const { tenantId, config } = release;
    const candidate = candidateOf(cycleOf(release, task.input));
    const tag = releaseTagName(release);
    await intent('tag', candidate.commit);
    await services.scm.createTag(tenantId, config.scmIntegrationId, tag, candidate.commit, `Release ${mainVersion(release)}`);
    await services.records.releaseTagged({ tenantId, id: release.id }, tag);
    const testRuns = await lockTestRuns(context);
    return { kind: 'completed', output: { tag, commit: candidate.commit, candidate: candidate.tag, testRuns } };
  },
  async verifyDone({ task, release, services }) {
    const { tenantId, config } = release;
    const cycle = cycleOf(release, task.input);
    if (cycle.rcCommit === null) return { done: false, found: `cycle ${cycle.number} has no candidate that a tag could be at.` };
    const candidate = candidateOf(cycle);
    const tag = releaseTagName(release);
    const commit = await services.scm.tagCommit(tenantId, config.scmIntegrationId, tag);
    if (commit === null) return { done: false, found: `there is no tag ${tag}.` };
    if (commit !== candidate.commit) {
      return { done: false, found: `the tag ${tag} is at ${commit}, the candidate ${candidate.tag} at ${candidate.commit}.` };
    }
    const keep = () => services.records.releaseTagged({ tenantId, id: release.id }, tag);
    return { done: true, output: { tag, commit, candidate: candidate.tag }, keep };
  },
};
