import { candidateOf, cycleOf, mainVersion, releaseTagName, repositoryLock } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';

/** The final tag, on the very commit of the last release candidate: what was tested is what is released. */
export const createReleaseTag: TaskHandler = {
  locks: (release) => [repositoryLock(release)],
  async run({ task, release, services, intent }) {
    const { tenantId, config } = release;
    const candidate = candidateOf(cycleOf(release, task.input));
    const tag = releaseTagName(release);
    await intent('tag', candidate.commit);
    await services.scm.createTag(tenantId, config.scmIntegrationId, tag, candidate.commit, `Release ${mainVersion(release)}`);
    await services.records.releaseTagged({ tenantId, id: release.id }, tag);
    return { kind: 'completed', output: { tag, commit: candidate.commit, candidate: candidate.tag } };
  },
};
