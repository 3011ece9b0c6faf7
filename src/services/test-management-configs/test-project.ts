import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';

/** Which tests of the project belong to the run of a platform. */
export interface TestPlatform {
  platform: string;
  sectionIds: string[];
  labelIds: string[];
  squadIds: string[];
  platformIds: string[];
}

/** What a test management config says, for whoever works with its project. */
export interface TestProject {
  integrationId: string;
  projectId: string;
  passThresholdPercent: number;
  platforms: TestPlatform[];
}

export async function findTestProject(sql: Pick<Sql, 'rows'>, tenantId: string, configId: string): Promise<TestProject | null> {
  const [row] = await sql.rows<Omit<TestProject, 'platforms'> & { platforms: unknown }>(
    `SELECT integration_id AS integrationId, project_id AS projectId, pass_threshold_percent AS passThresholdPercent, platforms
     FROM test_management_configs WHERE tenant_id = ? AND id = ?`,
    [tenantId, configId],
  );
  // Checked when it was written.
  return row === undefined ? null : { ...row, platforms: parseJson(row.platforms) as TestPlatform[] };
}
