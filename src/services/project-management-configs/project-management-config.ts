import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Platform } from '../../domain/release/vocabulary.ts';
import { type ConfigBody, type ConfigKind, repeated } from '../configs/config-resource.ts';

interface TrackerPlatform {
  platform: Platform;
  project: string;
  issueType: string;
  /** The status that counts as done; null = any that the tracker itself counts as done. */
  completedStatus: string | null;
  labels: string[];
  assignee: string | null;
  parent: string | null;
  priority: string | null;
}

export interface ProjectManagementConfigBody extends ConfigBody {
  platforms: TrackerPlatform[];
}

/** Where each platform's release ticket goes. */
export const projectManagementConfig: ConfigKind<ProjectManagementConfigBody> = {
  what: 'The project management config',
  table: 'project_management_configs',
  category: 'project-management',
  problems: ({ platforms }) =>
    repeated(
      '/platforms',
      platforms,
      (item) => item.platform,
      (item) => item.platform,
    ),
  columns: ['platforms'],
  values: ({ platforms }) => [JSON.stringify(platforms)],
  isCopied: true,
  async bodies(sql: Sql, tenantId: string, ids: readonly string[]) {
    const rows = await sql.rows<{ id: string; platforms: unknown }>(
      'SELECT id, platforms FROM project_management_configs WHERE tenant_id = ? AND id IN (?)',
      [tenantId, ids],
    );
    return new Map(rows.map((row) => [row.id, { platforms: parseJson(row.platforms) as TrackerPlatform[] }]));
  },
};
