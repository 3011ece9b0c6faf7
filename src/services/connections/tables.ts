import type { Category } from '../../integrations/kit/define-provider.ts';

/** The table of each category's connections. All share the connection columns, so one set of use cases serves them. */
export const connectionTableNames: Readonly<Record<Category, string>> = {
  scm: 'tenant_scm_integrations',
  'ci-cd': 'tenant_ci_cd_integrations',
  'project-management': 'project_management_integrations',
  'test-management': 'test_management_integrations',
  communication: 'tenant_comm_integrations',
  store: 'tenant_store_integrations',
  deployment: 'tenant_deployment_integrations',
  monitoring: 'tenant_monitoring_integrations',
};

/** What a sealed value is bound to: it opens only in its own column of its own row. */
export const sealContext = (category: Category, integrationId: string, column: 'credentials' | 'webhook_secret') =>
  `${connectionTableNames[category]}/${integrationId}/${column}`;
