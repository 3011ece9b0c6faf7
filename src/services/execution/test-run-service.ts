import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { TestManagement, TestRunResults } from '../../integrations/capabilities/test-management.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';

/** Test management for task handlers, by test management config id. */
export interface TestRunService {
  createTestRun(request: {
    tenantId: string;
    testManagementConfigId: string;
    platform: string;
    /** 5 to 50 characters, unique for this run. */
    name: string;
    description: string;
  }): Promise<{ runId: string; url: string; status: string }>;
  findTestRun(request: {
    tenantId: string;
    testManagementConfigId: string;
    name: string;
  }): Promise<{ runId: string; url: string; status: string } | null>;
  /** How long after a creation began its run may stay invisible to `findTestRun`, milliseconds. */
  visibleWithinMs(request: { tenantId: string; testManagementConfigId: string }): Promise<number>;
  /** @returns null when the run does not exist (any more) */
  results(request: {
    tenantId: string;
    testManagementConfigId: string;
    runId: string;
  }): Promise<(TestRunResults & { passThresholdPercent: number }) | null>;
  reset(request: { tenantId: string; testManagementConfigId: string; runId: string }): Promise<void>;
}

interface PlatformFilters {
  platform: string;
  sectionIds: string[];
  labelIds: string[];
  squadIds: string[];
  platformIds: string[];
}

export function createTestRunService(db: Database, connector: Connector): TestRunService {
  async function open(
    tenantId: string,
    configId: string,
  ): Promise<{ tests: TestManagement; projectId: string; threshold: number; platforms: PlatformFilters[] }> {
    const [row] = await db.rows<{ integrationId: string; projectId: string; threshold: number; platforms: unknown }>(
      `SELECT integration_id AS integrationId, project_id AS projectId, pass_threshold_percent AS threshold, platforms
       FROM test_management_configs WHERE tenant_id = ? AND id = ?`,
      [tenantId, configId],
    );
    if (row === undefined)
      throw new ProviderError('not-found', 'The test management config does not exist any more.', { provider: 'test-management' });
    const opened = await connector.open('test-management', tenantId, row.integrationId, attemptSignal());
    const tests = opened.provider.testManagement?.(opened.connection, opened.deps);
    if (tests === undefined)
      throw new ProviderError('invalid', `${opened.provider.displayName} is no test management.`, { provider: opened.provider.id });
    return { tests, projectId: row.projectId, threshold: row.threshold, platforms: parseJson(row.platforms) as PlatformFilters[] };
  }

  return {
    async createTestRun({ tenantId, testManagementConfigId, platform, name, description }) {
      const { tests, projectId, platforms } = await open(tenantId, testManagementConfigId);
      const filters = platforms.find((candidate) => candidate.platform === platform);
      const { sectionIds = [], labelIds = [], squadIds = [], platformIds = [] } = filters ?? {};
      const run = await tests.ensureRun({ projectId, name, description, filters: { sectionIds, labelIds, squadIds, platformIds } });
      return { runId: run.id, url: run.url, status: run.state.kind };
    },
    async findTestRun({ tenantId, testManagementConfigId, name }) {
      const { tests, projectId } = await open(tenantId, testManagementConfigId);
      const run = await tests.findRun({ projectId, name });
      return run === null ? null : { runId: run.id, url: run.url, status: run.state.kind };
    },
    async visibleWithinMs({ tenantId, testManagementConfigId }) {
      return connector.comesToLightWithinMs((await open(tenantId, testManagementConfigId)).tests.searchVisibleWithinMs);
    },
    async results({ tenantId, testManagementConfigId, runId }) {
      const { tests, projectId, threshold } = await open(tenantId, testManagementConfigId);
      const results = await tests.results({ projectId, runId });
      return results === null ? null : { ...results, passThresholdPercent: threshold };
    },
    async reset({ tenantId, testManagementConfigId, runId }) {
      const { tests, projectId } = await open(tenantId, testManagementConfigId);
      await tests.reset({ projectId, runId });
    },
  };
}
