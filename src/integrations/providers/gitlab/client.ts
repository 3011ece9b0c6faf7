import type { AdapterDeps } from '../../kit/define-provider.ts';
import { gitbeaker } from './call.ts';
import { hookCalls } from './client-hooks.ts';
import { mergeRequestCalls } from './client-merge-requests.ts';
import { projectCalls } from './client-project.ts';
import { repositoryCalls } from './client-repository.ts';
import type { GitlabConnection } from './identity.ts';

export type GitlabClient = ReturnType<typeof gitlabClient>;

/** Every call of GitLab around a repository, bound to one project. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function gitlabClient(connection: GitlabConnection, deps: AdapterDeps) {
  const bound = gitbeaker(connection, deps);
  return { ...projectCalls(bound), ...repositoryCalls(bound), ...mergeRequestCalls(bound), ...hookCalls(bound) };
}
