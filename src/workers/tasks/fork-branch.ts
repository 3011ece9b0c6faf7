import { repositoryLock } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';

/**
 * Cuts the release branch from the head its base had when the task first got here. The commit is stored before the branch is created, so that
 * a later attempt asks for the same commit although the base has moved on.
 */
export const forkBranch: TaskHandler = {
  locks: (release) => [repositoryLock(release)],
  async run({ task, release, services, intent }) {
    const { tenantId, branch, baseBranch, config } = release;
    const head = await services.scm.resolve(tenantId, config.scmIntegrationId, baseBranch);
    const { value } = await intent('branch', head);
    const commit = value ?? head;
    await services.scm.createBranch(tenantId, config.scmIntegrationId, branch, commit);
    await services.records.branchForked({ tenantId, id: task.subjectId }, commit);
    return { kind: 'completed', output: { branch, baseBranch, commit } };
  },
  async verifyDone({ release, services }) {
    const { tenantId, branch, baseBranch, config } = release;
    const commit = await services.scm.branchHead(tenantId, config.scmIntegrationId, branch);
    if (commit === null) return { done: false, found: `there is no branch ${branch}.` };
    const keep = () => services.records.branchForked({ tenantId, id: release.id }, commit);
    return { done: true, output: { branch, baseBranch, commit }, keep };
  },
};
