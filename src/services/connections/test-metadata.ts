import type { TestCatalogue, TestFacetValue, TestProject, TestSection } from '../../integrations/capabilities/test-catalogue.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { invalid, notFound } from '../service-error.ts';
import { askProvider, type ListQuery, lacks, type ProviderList, take } from './ask-provider.ts';
import type { OpenConnection } from './connect.ts';

type Deps = Pick<ServiceDeps, 'db' | 'connector'>;

/** What a person may choose from while filling in a test management config, as the provider tells it now. */

export interface TestListQuery extends ListQuery {
  projectId?: string | undefined;
}

export function listTestProjects(deps: Deps, caller: Caller, id: string, query: ListQuery): Promise<ProviderList<TestProject>> {
  return ask(deps, caller, id, (open) => take(catalogueOf(open).projects(), query, ({ name }) => name));
}

/** `q` is part of the whole path: what lies in a section that matches matches too. @throws ServiceError not-found for an unknown project */
export function listTestSections(deps: Deps, caller: Caller, id: string, query: TestListQuery): Promise<ProviderList<TestSection>> {
  return ask(deps, caller, id, async (open) => {
    const projectId = demandProject(query);
    const sections = await catalogueOf(open).sections(projectId);
    if (sections === null) throw notFound(`The project ${projectId}`);
    return take(sections, query, ({ path }) => path.join(' / '));
  });
}

/** @throws ServiceError not-found for an unknown project; ProviderError invalid where the provider has no such facet */
export function listTestFacetValues(
  deps: Deps,
  caller: Caller,
  { id, facet }: { id: string; facet: string },
  query: TestListQuery,
): Promise<ProviderList<TestFacetValue>> {
  return ask(deps, caller, id, async (open) => {
    const projectId = demandProject(query);
    const catalogue = catalogueOf(open);
    if (!catalogue.facets.some(({ key }) => key === facet)) throw lacks(open.provider, facet);
    const values = await catalogue.facetValues(projectId, facet);
    if (values === null) throw notFound(`The project ${projectId}`);
    return take(values, query, ({ name }) => name);
  });
}

const ask = <T>(deps: Deps, caller: Caller, id: string, question: (open: OpenConnection) => Promise<T>): Promise<T> =>
  askProvider(deps, caller, { category: 'test-management', id, permission: 'config:write' }, question);

function demandProject({ projectId }: TestListQuery): string {
  if (projectId !== undefined) return projectId;
  throw invalid([{ field: '?projectId', message: 'is needed: the id of a project' }]);
}

function catalogueOf({ provider, connection, deps }: OpenConnection): TestCatalogue {
  const catalogue = provider.testCatalogue?.(connection, deps);
  if (catalogue === undefined) throw lacks(provider, 'catalogue of tests');
  return catalogue;
}
