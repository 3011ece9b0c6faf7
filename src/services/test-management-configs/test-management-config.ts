import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Platform } from '../../domain/release/vocabulary.ts';
import { type ConfigBody, type ConfigKind, repeated } from '../configs/config-resource.ts';

/** Which tests of the project make up the platform's run. */
interface TestPlatform {
  platform: Platform;
  sectionIds: string[];
  labelIds: string[];
  squadIds: string[];
  platformIds: string[];
}

export interface TestManagementConfigBody extends ConfigBody {
  projectId: string;
  /** Percentage of tests that must have passed, 0 to 100. */
  passThresholdPercent: number;
  platforms: TestPlatform[];
}

interface Row {
  id: string;
  projectId: string;
  passThresholdPercent: number;
  platforms: unknown;
}

export const testManagementConfig: ConfigKind<TestManagementConfigBody> = {
  what: 'The test management config',
  table: 'test_management_configs',
  category: 'test-management',
  problems: ({ platforms }) =>
    repeated(
      '/platforms',
      platforms,
      (item) => item.platform,
      (item) => item.platform,
    ),
  columns: ['project_id', 'pass_threshold_percent', 'platforms'],
  values: (body) => [body.projectId, body.passThresholdPercent, JSON.stringify(body.platforms)],
  isCopied: true,
  async bodies(sql: Sql, tenantId: string, ids: readonly string[]) {
    const rows = await sql.rows<Row>(
      `SELECT id, project_id AS projectId, pass_threshold_percent AS passThresholdPercent, platforms
       FROM test_management_configs WHERE tenant_id = ? AND id IN (?)`,
      [tenantId, ids],
    );
    return new Map(rows.map(({ id, platforms, ...rest }) => [id, { ...rest, platforms: parseJson(platforms) as TestPlatform[] }]));
  },
};
