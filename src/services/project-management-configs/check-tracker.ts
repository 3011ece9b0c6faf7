import type { IssueTracker } from '../../integrations/capabilities/issue-tracker.ts';
import { askConfig, namesOf } from '../configs/ask-config.ts';
import { lacks } from '../connections/ask-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { Problem } from '../service-error.ts';
import { type ProjectManagementConfigBody, projectManagementConfig } from './project-management-config.ts';

/** Whether the tracker has the projects, types and statuses. @throws ServiceError as `askConfig` */
export async function checkTracker(deps: ServiceDeps, caller: Caller, body: ProjectManagementConfigBody): Promise<void> {
  authorise(caller, 'config:write');
  await askConfig(
    deps,
    { kind: projectManagementConfig, tenantId: caller.tenantId, body },
    async ({ provider, connection, deps: inner }) => {
      const tracker = provider.issueTracker?.(connection, inner);
      if (tracker === undefined) throw lacks(provider, 'issue tracker');
      const projects = await namesOf(tracker.projects(), ({ id }) => [id]);
      const problems: Problem[] = [];
      for (const [index, platform] of body.platforms.entries()) {
        const field = `/platforms/${index}`;
        if (projects === null || projects.has(platform.project)) problems.push(...(await inProject(tracker, platform, field)));
        else problems.push({ field: `${field}/project`, message: 'is no project the tracker shows to these credentials' });
      }
      return problems;
    },
  );
}

async function inProject(
  tracker: IssueTracker,
  { project, issueType, completedStatus }: ProjectManagementConfigBody['platforms'][number],
  field: string,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const types = await tracker.types(project);
  // Where the tracker knows no types, any does.
  if (types.length > 0 && !types.some(({ id, name }) => id === issueType || name === issueType)) {
    const has = types.map(({ name }) => name).join(', ');
    problems.push({ field: `${field}/issueType`, message: `is no type of ${project}, which has ${has}` });
  }
  if (completedStatus !== null) {
    const statuses = (await tracker.statuses(project)).map(({ name }) => name);
    if (!statuses.some((name) => name.toLowerCase() === completedStatus.toLowerCase())) {
      problems.push({ field: `${field}/completedStatus`, message: `is no status of ${project}, which has ${statuses.join(', ')}` });
    }
  }
  return problems;
}
