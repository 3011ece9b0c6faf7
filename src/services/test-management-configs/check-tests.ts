import type { TestCatalogue } from '../../integrations/capabilities/test-catalogue.ts';
import { askConfig, namesOf } from '../configs/ask-config.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { Problem } from '../service-error.ts';
import { type TestManagementConfigBody, testManagementConfig } from './test-management-config.ts';

/** Fields of a platform, and the facet of the catalogue that their ids are of. */
const FACETS = { labelIds: 'labels', squadIds: 'squads', platformIds: 'platforms' } as const;

/** Whether the project has the sections and what else its tests are chosen by, where the provider tells. @throws ServiceError as `askConfig` */
export async function checkTests(deps: ServiceDeps, caller: Caller, body: TestManagementConfigBody): Promise<void> {
  authorise(caller, 'config:write');
  await askConfig(deps, { kind: testManagementConfig, tenantId: caller.tenantId, body }, async ({ provider, connection, deps: inner }) => {
    const catalogue = provider.testCatalogue?.(connection, inner);
    if (catalogue === undefined) return [];
    const projects = await namesOf(catalogue.projects(), ({ id }) => [id]);
    if (projects !== null && !projects.has(body.projectId)) {
      return [{ field: '/projectId', message: 'is no project the provider shows to these credentials' }];
    }
    return inProject(catalogue, body);
  });
}

async function inProject(catalogue: TestCatalogue, { projectId, platforms }: TestManagementConfigBody): Promise<Problem[]> {
  const ids = async (field: 'sectionIds' | keyof typeof FACETS): Promise<ReadonlySet<string> | null> => {
    if (!platforms.some((platform) => platform[field].length > 0)) return null;
    if (field === 'sectionIds') return namesOf((await catalogue.sections(projectId)) ?? [], ({ id }) => [id]);
    const facet = FACETS[field];
    // A provider without the facet does not look at what is said of it.
    if (!catalogue.facets.some(({ key }) => key === facet)) return null;
    return namesOf((await catalogue.facetValues(projectId, facet)) ?? [], ({ id }) => [id]);
  };
  const problems: Problem[] = [];
  for (const field of ['sectionIds', 'labelIds', 'squadIds', 'platformIds'] as const) {
    const known = await ids(field);
    if (known === null) continue;
    platforms.forEach((platform, index) => {
      platform[field].forEach((id, position) => {
        if (!known.has(id))
          problems.push({ field: `/platforms/${index}/${field}/${position}`, message: `is not in the project ${projectId}` });
      });
    });
  }
  return problems;
}
