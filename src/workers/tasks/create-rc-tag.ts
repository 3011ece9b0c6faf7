import { cycleOf, mainVersion, rcTagName, repositoryLock } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';

/** Tags the head the release branch has now; the commit is stored first, so that a later attempt tags the same one. */
export const createRcTag: TaskHandler = {
  locks: (release) => [repositoryLock(release)],
  async run({ task, release, services, intent }) {
    const { tenantId, config, branch } = release;
    const cycle = cycleOf(release, task.input);
    const tag = rcTagName(release, cycle.number);
    const head = await services.scm.resolve(tenantId, config.scmIntegrationId, branch);
    const { value } = await intent('tag', head);
    const commit = value ?? head;
    await services.scm.createTag(
      tenantId,
      config.scmIntegrationId,
      tag,
      commit,
      `Release candidate ${cycle.number} of ${mainVersion(release)}`,
    );
    await services.records.candidateTagged({ tenantId, id: cycle.id }, tag, commit);
    return { kind: 'completed', output: { tag, commit } };
  },
  async verifyDone({ task, release, services }) {
    const { tenantId, config, branch } = release;
    const cycle = cycleOf(release, task.input);
    const tag = rcTagName(release, cycle.number);
    const commit = await services.scm.tagCommit(tenantId, config.scmIntegrationId, tag);
    if (commit === null) return { done: false, found: `there is no tag ${tag}.` };
    const { aheadBy } = await services.scm.compare(tenantId, config.scmIntegrationId, branch, commit);
    if (aheadBy > 0) return { done: false, found: `the tag ${tag} is at ${commit}, which is not on ${branch}.` };
    return { done: true, output: { tag, commit }, keep: () => services.records.candidateTagged({ tenantId, id: cycle.id }, tag, commit) };
  },
};
