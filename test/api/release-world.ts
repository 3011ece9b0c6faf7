import { ulid } from 'ulid';
import type { Role } from '../../src/domain/access/permissions.ts';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import type { ReleaseConfigBody } from '../../src/domain/release/config.ts';
import { advanceInside } from '../../src/engine/advance.ts';
import type { Answer, ApiHarness } from './harness.ts';

/** A tenant that can create releases: connections, configs and a release config as rows, and people of every role. */
export interface ReleaseWorld {
  tenantId: string;
  owner: string;
  configId: string;
  ids: { scm: string; ci: string; comms: string; tracker: string; tests: string };
  path(suffix?: string): string;
  /** A release that may be created at once, with what the test says differently. */
  body(over?: Record<string, unknown>): Record<string, unknown>;
  call(method: string, suffix: string, options?: { token?: string; body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  create(over?: Record<string, unknown>): Promise<Answer['body']>;
  config(over?: Partial<ReleaseConfigBody>): Promise<string>;
  /** Another source control connection. */
  repository(): Promise<string>;
  /** A token of another account with this role. */
  person(role: Role): Promise<{ token: string; accountId: string }>;
  /** Asks the planner now, as a worker would. */
  advance(releaseId: string): Promise<void>;
  /** Does the work of every open task of a release, as workers would, until none is left. */
  work(releaseId: string): Promise<void>;
  /** A release whose kickoff is done. */
  kickedOff(over?: Record<string, unknown>): Promise<Answer['body']>;
  /** Runs the next cycle of a release to its end; what the planner wants next has happened. */
  cycle(releaseId: string): Promise<void>;
  /** A release whose gate waits for people, as its handler would leave it. */
  atGate(over?: Record<string, unknown>, rcCommit?: string): Promise<{ id: string; gateId: string }>;
}

export const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();

export async function releaseWorld(api: ApiHarness, name = 'Acme'): Promise<ReleaseWorld> {
  const { tenantId, token: owner, accountId } = await api.tenant(name);
  const ids = { scm: ulid(), ci: ulid(), comms: ulid(), tracker: ulid(), tests: ulid() };
  await insertReferences(api, tenantId, accountId, ids);
  const body: ReleaseConfigBody = {
    releaseType: 'MINOR',
    platformTargets: [
      { platform: 'WEB', target: 'WEB' },
      { platform: 'ANDROID', target: 'PLAY_STORE' },
    ],
    baseBranch: 'main',
    branchPattern: 'release/{version}',
    tagPattern: 'v{version}',
    buildMode: 'CI',
    scmIntegrationId: ids.scm,
    ciConfigId: ids.ci,
    projectManagementConfigId: ids.tracker,
    testManagementConfigId: ids.tests,
    commsConfigId: ids.comms,
    stores: [],
    versionScheme: 'SEMVER',
    versionFormat: null,
    hotfix: { skipTasks: [], skipRegression: false },
    concurrency: { perType: null },
    slotCatchUp: 'ALL',
    schedule: null,
    preRegressionBuilds: false,
    automationRuns: false,
    automationPassThresholdPercent: 90,
    gates: {
      preReleaseApproval: 'manual',
      quorum: 2,
      allowSelfApproval: false,
      distributionApproval: 'manual',
      preRelease: plainRules,
      distribution: plainRules,
    },
  };

  async function config(over: Partial<ReleaseConfigBody> = {}): Promise<string> {
    const id = ulid();
    await api.db.run('INSERT INTO release_configs (id, tenant_id, name, body, created_by_account_id) VALUES (?)', [
      [id, tenantId, 'Weekly', JSON.stringify({ ...body, ...over }), accountId],
    ]);
    return id;
  }

  const configId = await config();
  const path = (suffix = '') => `/api/v1/release-management/tenants/${tenantId}/releases${suffix}`;
  const world: ReleaseWorld = {
    tenantId,
    owner,
    configId,
    ids,
    path,
    config,
    body: (over = {}) => ({
      releaseConfigId: configId,
      type: 'MINOR',
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: '1.4.0' }],
      kickOffDate: minutes(60),
      targetReleaseDate: minutes(600),
      regressionSlots: [{ date: minutes(120) }, { date: minutes(240) }],
      ...over,
    }),
    call: (method, suffix, options = {}) => api.request(method, path(suffix), { token: owner, ...options }),
    async create(over) {
      const answer = await world.call('POST', '', { body: world.body(over) });
      if (answer.status !== 201) throw new Error(`the release was not created: ${answer.text}`);
      return answer.body;
    },
    repository: () => insertConnection(api, tenantId, accountId, 'tenant_scm_integrations', 'github'),
    async person(role) {
      const token = await api.token(tenantId, role);
      const me = await api.request('GET', '/api/v1/me', { token });
      return { token, accountId: me.body.account.id };
    },
    async advance(releaseId) {
      const [run] = await api.db.rows<{ id: string }>('SELECT id FROM runs WHERE subject_id = ?', [releaseId]);
      await api.db.run('UPDATE runs SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE id = ?', [run?.id ?? '']);
      await api.db.transact((tx) => advanceInside(tx, run?.id ?? '', api.deps));
    },
    async work(releaseId) {
      for (;;) {
        const tasks: { id: string; type: string; possible: string[] }[] = (await world.call('GET', `/${releaseId}/tasks`)).body.items;
        const next = tasks.find(({ type, possible }) => type !== 'APPROVE_REGRESSION' && possible.includes('complete'));
        if (next === undefined) return;
        const done = await world.call('POST', `/${releaseId}/tasks/${next.id}/complete`, {
          body: { reason: 'done by the test', force: true },
        });
        if (done.status !== 200) throw new Error(`${next.type} was not completed: ${done.text}`);
      }
    },
    async kickedOff(over = {}) {
      const release = await world.create({ kickOffDate: minutes(-1), ...over });
      await world.advance(release.id);
      await world.work(release.id);
      await world.advance(release.id);
      return release;
    },
    async cycle(releaseId) {
      await api.db.run(
        `UPDATE regression_slots SET date = UTC_TIMESTAMP(3) WHERE release_id = ? AND status = 'PLANNED' ORDER BY date LIMIT 1`,
        [releaseId],
      );
      await world.advance(releaseId);
      await world.work(releaseId);
      await world.advance(releaseId);
    },
    async atGate(over = {}, rcCommit = 'c0ffee') {
      const release = await world.kickedOff({ regressionSlots: [{ date: minutes(120) }], ...over });
      await world.cycle(release.id);
      const [gate] = await api.db.rows<{ id: string }>(
        `SELECT t.id FROM tasks t JOIN runs r ON r.id = t.run_id WHERE r.subject_id = ? AND t.type = 'APPROVE_REGRESSION'`,
        [release.id],
      );
      if (gate === undefined) throw new Error('the release did not come to its gate');
      await api.db.run(
        `UPDATE tasks SET status = 'WAITING', wait_reason = 'APPROVAL', fence = fence + 1, output = ?,
           run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?`,
        [openGate(rcCommit), gate.id],
      );
      return { id: release.id, gateId: gate.id };
    },
  };
  return world;
}

const openGate = (rcCommit: string) =>
  JSON.stringify({ rcCommit, rcTag: 'v1.4.0-rc.1', quorum: 2, requirements: [{ key: 'tests', met: true, evidence: 'all passed' }] });

async function insertReferences(api: ApiHarness, tenantId: string, accountId: string, ids: ReleaseWorld['ids']): Promise<void> {
  const { db } = api;
  const connection = (table: string, provider: string, id?: string) => insertConnection(api, tenantId, accountId, table, provider, id);
  await connection('tenant_scm_integrations', 'github', ids.scm);
  const ci = await connection('tenant_ci_cd_integrations', 'github');
  const tracker = await connection('project_management_integrations', 'jira');
  const tests = await connection('test_management_integrations', 'checkmate');
  const comms = await connection('tenant_comm_integrations', 'slack');
  await db.run('INSERT INTO ci_cd_configs (id, tenant_id, integration_id, name) VALUES (?)', [[ids.ci, tenantId, ci, 'CI']]);
  await db.run(
    'INSERT INTO tenant_ci_cd_workflows (id, tenant_id, config_id, platform, workflow_type, workflow_id, display_name, inputs) VALUES ?',
    [
      [
        ['WEB', 'REGRESSION_BUILD'],
        ['ANDROID', 'REGRESSION_BUILD'],
        ['ANDROID', 'AAB_BUILD'],
      ].map(([platform, type]) => [ulid(), tenantId, ids.ci, platform ?? '', type ?? '', '1', 'Build', '{}']),
    ],
  );
  await db.run('INSERT INTO project_management_configs (id, tenant_id, integration_id, name, platforms) VALUES (?)', [
    [ids.tracker, tenantId, tracker, 'Tracker', '[]'],
  ]);
  await db.run(
    'INSERT INTO test_management_configs (id, tenant_id, integration_id, name, project_id, pass_threshold_percent, platforms) VALUES (?)',
    [[ids.tests, tenantId, tests, 'Tests', '1', 90, '[]']],
  );
  await db.run('INSERT INTO tenant_comm_channels (id, tenant_id, integration_id, name, channels) VALUES (?)', [
    [ids.comms, tenantId, comms, 'Channels', '{}'],
  ]);
}

async function insertConnection(api: ApiHarness, tenantId: string, accountId: string, table: string, provider: string, id = ulid()) {
  await api.db.run(
    `INSERT INTO ${table} (id, tenant_id, provider, display_name, base_url, settings, credentials, verification_status, created_by_account_id)
     VALUES (?)`,
    [[id, tenantId, provider, provider, 'https://provider.example', '{}', 'sealed', 'VALID', accountId]],
  );
  return id;
}
