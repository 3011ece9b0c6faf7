import type { TestCatalogue, TestSection } from '../../capabilities/test-catalogue.ts';
import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { checkmateClient, provider } from './client.ts';
import type { CheckmateCredentials, CheckmateSettings } from './credentials.ts';
import { idOf } from './id.ts';
import type { Section } from './schema.ts';

const PAGE_SIZE = 100;

export function checkmateTestCatalogue(connection: Connection<CheckmateCredentials, CheckmateSettings>, deps: AdapterDeps): TestCatalogue {
  const client = checkmateClient(connection, deps);

  /** The server answers an unknown project with empty lists, like one that has none. */
  async function findProject(id: string) {
    const projectId = idOf('project', id);
    const found = await client.project(projectId);
    return found?.projectId === projectId && found.status !== 'Deleted' ? found : null;
  }

  async function valuesOf({ projectId, orgId }: { projectId: number; orgId: number }, facet: string) {
    switch (facet) {
      case 'labels':
        return client.labels(projectId);
      case 'squads':
        return client.squads(projectId);
      case 'platforms':
        return client.platforms(orgId);
      default:
        throw new ProviderError('invalid', `checkmate: tests are not told apart by ${facet}`, { provider });
    }
  }

  return {
    facets: [{ key: 'labels' }, { key: 'squads' }, { key: 'platforms' }],

    async *projects() {
      const orgId = connection.settings.orgId ?? (await client.organisations())[0]?.orgId;
      if (orgId === undefined) return;
      // Newest first: one that is added meanwhile moves others to the next page.
      const seen = new Set<number>();
      for (let page = 1; ; page += 1) {
        const listed = await client.projects(orgId, { page, pageSize: PAGE_SIZE });
        const fresh = listed.filter(({ projectId }) => !seen.has(projectId));
        for (const { projectId, projectName } of fresh) {
          seen.add(projectId);
          yield { id: String(projectId), name: projectName };
        }
        if (listed.length < PAGE_SIZE || fresh.length === 0) return;
      }
    },

    async sections(projectId) {
      const project = await findProject(projectId);
      return project && treeOf(await client.sections(project.projectId));
    },

    async facetValues(projectId, facet) {
      const project = await findProject(projectId);
      if (!project) return null;
      const values = await valuesOf(project, facet);
      return values.map(({ id, name }) => ({ id: String(id), name })).sort(byName);
    },
  };
}

/** Depth first, siblings by name. One whose parent is not there, or that lies in itself, is at the top: nothing is left out. */
function treeOf(listed: readonly Section[]): TestSection[] {
  const byId = new Map(listed.map((section) => [section.sectionId, section]));
  const tops: Section[] = [];
  const below = new Map<number, Section[]>();
  for (const section of [...byId.values()].sort(bySectionName)) {
    const siblings = byId.has(section.parentId ?? -1) ? below.get(section.parentId ?? -1) : tops;
    if (siblings) siblings.push(section);
    else below.set(section.parentId ?? -1, [section]);
  }
  const placed = new Map<number, TestSection>();
  const place = ({ sectionId, sectionName: name }: Section, parent: TestSection | null): void => {
    if (placed.has(sectionId)) return;
    const node = { id: String(sectionId), name, parentId: parent?.id ?? null, path: [...(parent?.path ?? []), name] };
    placed.set(sectionId, node);
    for (const child of below.get(sectionId) ?? []) place(child, node);
  };
  for (const section of [...tops, ...listed]) place(section, null);
  return [...placed.values()];
}

const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);
const byName = (left: { name: string }, right: { name: string }) => compare(left.name, right.name);
const bySectionName = (left: Section, right: Section) => compare(left.sectionName, right.sectionName);
