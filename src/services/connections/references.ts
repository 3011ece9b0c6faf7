import type { Category } from '../../integrations/kit/define-provider.ts';

export interface Reference {
  /** What the part of a release config is called that hangs on it. */
  part: 'source' | 'ci' | 'projectManagement' | 'testManagement' | 'communication' | 'stores';
  /** Where a release config, and the copy of it inside a release, says which it is: one place, or one for each target. */
  path: `$.${string}`;
  /** The configs on connections of the category; null = the connection itself is named. */
  configTable: string | null;
  /** What a release keeps whatever becomes of the config: a copy of its row, or the connection's id at this place; null = nothing. */
  kept: 'row' | `$.${string}` | null;
}

/** Categories that releases use. */
export type ReleaseCategory = Exclude<Category, 'deployment' | 'monitoring'>;

export const isReleaseCategory = (category: Category): category is ReleaseCategory => Object.hasOwn(references, category);

/**
 * How a release config names what hangs on a connection of the category. Source control is named itself, the others through a config; deployments are
 * named by targets, not by release configs; stores by both, and monitoring by targets and rollout plans.
 */
export const references: Readonly<Record<ReleaseCategory, Reference>> = {
  scm: { part: 'source', path: '$.scmIntegrationId', configTable: null, kept: null },
  'ci-cd': { part: 'ci', path: '$.ciConfigId', configTable: 'ci_cd_configs', kept: 'row' },
  'project-management': {
    part: 'projectManagement',
    path: '$.projectManagementConfigId',
    configTable: 'project_management_configs',
    kept: 'row',
  },
  'test-management': { part: 'testManagement', path: '$.testManagementConfigId', configTable: 'test_management_configs', kept: 'row' },
  communication: { part: 'communication', path: '$.commsConfigId', configTable: 'tenant_comm_channels', kept: 'row' },
  store: { part: 'stores', path: '$.stores[*].storeConfigId', configTable: 'store_configs', kept: '$.stores[*].integrationId' },
};

/** SQL: whether a JSON column names one of some ids; takes a path and the ids as a JSON array. */
export const namesOneOf = (column: string) => `JSON_OVERLAPS(JSON_EXTRACT(${column}, ?), ?)`;
