import type { Database } from '../../db/client.ts';
import type { TestManagement, TestRun, TestRunReport } from '../../integrations/capabilities/test-management.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector, OpenConnection } from '../connections/connect.ts';
import { advise } from '../releases/advise.ts';
import { findTestProject, type TestProject } from '../test-management-configs/test-project.ts';
import { attemptSignal } from './attempt-scope.ts';

interface ProjectKey {
  tenantId: string;
  testManagementConfigId: string;
}

interface RunKey extends ProjectKey {
  runId: string;
}

/** Test management for task handlers, by test management config id. */
export interface TestRunService {
  createTestRun(
    request: ProjectKey & {
      platform: string;
      /** 5 to 50 characters, unique for this run. */
      name: string;
      description: string;
    },
  ): Promise<{ runId: string; url: string; status: string }>;
  findTestRun(request: ProjectKey & { name: string }): Promise<{ runId: string; url: string; status: string } | null>;
  /** How long after a creation began its run may stay invisible to `findTestRun`, milliseconds. */
  visibleWithinMs(request: ProjectKey): Promise<number>;
  /** @returns null when the run does not exist (any more) */
  results(request: RunKey): Promise<(TestRunReport & { passThresholdPercent: number }) | null>;
  /** @returns null when the run does not exist (any more) */
  testRun(request: RunKey): Promise<TestRun | null>;
  reset(request: RunKey): Promise<void>;
  /** @returns null where the provider knows no locks */
  lock(request: RunKey): Promise<TestRun | null>;
}

const advice = { conflict: 'Retry the task once the run is active again; one that is locked, archived or gone is replaced by a new run.' };

export function createTestRunService(db: Database, connector: Connector): TestRunService {
  async function open({ tenantId, testManagementConfigId }: ProjectKey): Promise<{ project: TestProject; opened: OpenConnection }> {
    const project = await findTestProject(db, tenantId, testManagementConfigId);
    if (project === null)
      throw new ProviderError('not-found', 'The test management config does not exist any more.', { provider: 'test-management' });
    return { project, opened: await connector.open('test-management', tenantId, project.integrationId, attemptSignal()) };
  }

  async function openTests(key: ProjectKey): Promise<TestProject & { tests: TestManagement }> {
    const { project, opened } = await open(key);
    const tests = opened.provider.testManagement?.(opened.connection, opened.deps);
    if (tests === undefined)
      throw new ProviderError('invalid', `${opened.provider.displayName} is no test management.`, { provider: opened.provider.id });
    return { ...project, tests };
  }

  return {
    async createTestRun({ platform, name, description, ...key }) {
      const { tests, projectId, platforms } = await openTests(key);
      const filters = platforms.find((candidate) => candidate.platform === platform);
      const { sectionIds = [], labelIds = [], squadIds = [], platformIds = [] } = filters ?? {};
      const run = await tests.ensureRun({ projectId, name, description, filters: { sectionIds, labelIds, squadIds, platformIds } });
      return { runId: run.id, url: run.url, status: run.state.kind };
    },
    async findTestRun({ name, ...key }) {
      const { tests, projectId } = await openTests(key);
      const run = await tests.findRun({ projectId, name });
      return run === null ? null : { runId: run.id, url: run.url, status: run.state.kind };
    },
    async visibleWithinMs(key) {
      return connector.comesToLightWithinMs((await openTests(key)).tests.searchVisibleWithinMs);
    },
    async results({ runId, ...key }) {
      const { tests, projectId, passThresholdPercent } = await openTests(key);
      const report = await tests.results({ projectId, runId });
      return report === null ? null : { ...report, passThresholdPercent };
    },
    async testRun({ runId, ...key }) {
      const { tests, projectId } = await openTests(key);
      return tests.run({ projectId, runId });
    },
    async reset({ runId, ...key }) {
      const { tests, projectId } = await openTests(key);
      await advise(advice, () => tests.reset({ projectId, runId }));
    },
    async lock({ runId, ...key }) {
      const { project, opened } = await open(key);
      const locking = opened.provider.testRunLocking?.(opened.connection, opened.deps);
      return locking === undefined ? null : locking.lockRun({ projectId: project.projectId, runId });
    },
  };
}
