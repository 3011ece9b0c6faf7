import type { Database } from '../src/db/client.ts';
import { plainRules } from '../src/domain/gates/approval-rules.ts';
import type { FrozenConfig } from '../src/domain/release/config.ts';

/** Id of the n-th seeded release, oldest first from 1. */
export const releaseIdOf = (index: number) => idOf('R', index);

/** Ids that sort by their number: ULIDs of one instant. */
const idOf = (kind: string, index: number) => `01JD8Z2M6${kind}${String(index).padStart(16, '0')}`;
const sqlIdOf = (kind: string, index: string) => `CONCAT('01JD8Z2M6${kind}', LPAD(${index}, 16, '0'))`;

const stages = [
  ['KICKOFF', 'kickoff', 'COMPLETED', 1],
  ['REGRESSION', 'regression', 'IN_PROGRESS', 1],
  ['POST_REGRESSION', 'post-regression', 'PENDING', 0],
  ['DISTRIBUTION', 'distribution', 'PENDING', 0],
] as const;
const kickoffTasks = ['FORK_BRANCH', 'CREATE_PROJECT_MANAGEMENT_TICKET', 'CREATE_TEST_SUITE'] as const;

/**
 * One tenant's releases, half-way through: two platforms, four stages, the tasks of the kickoff and a planned slot each. Written with
 * set-based SQL; 100,000 through the use case would take most of an hour.
 */
export async function seedReleases(db: Database, seed: { tenantId: string; accountId: string; count: number }): Promise<void> {
  const { tenantId, accountId, count } = seed;
  const digits = `(${Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ')})`;
  const step = 10_000;
  for (let from = 0; from < count; from += step) {
    const numbers = `(SELECT ${from} + a.d * 1000 + b.d * 100 + c.d * 10 + e.d + 1 AS n
      FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e HAVING n <= ${count}) numbers`;
    await db.run(
      `INSERT INTO runs (id, tenant_id, kind, subject_id, status, queue, started_at)
       SELECT ${sqlIdOf('Q', 'n')}, ?, 'release', ${sqlIdOf('R', 'n')}, 'IN_PROGRESS', 'regression', UTC_TIMESTAMP(3) FROM ${numbers}`,
      [tenantId],
    );
    await db.run(
      `INSERT INTO releases (id, tenant_id, run_id, display_number, config_id, config, type, description, branch, base_branch, fork_commit,
         build_mode, kick_off_date, target_release_date, pilot_account_id, created_by_account_id)
       SELECT ${sqlIdOf('R', 'n')}, ?, ${sqlIdOf('Q', 'n')}, n, ?, ?, 'MINOR', 'Everything that was merged since the last release.',
         CONCAT('release/1.', n, '.0'), 'main', SHA1(n), 'CI', UTC_TIMESTAMP(3) - INTERVAL 2 DAY, UTC_TIMESTAMP(3) + INTERVAL 5 DAY, ?, ?
       FROM ${numbers}`,
      [tenantId, idOf('C', 1), JSON.stringify(config), accountId, accountId],
    );
    await db.run(
      `INSERT INTO platform_releases (id, tenant_id, release_id, platform, target, version, ticket_key, ticket_url)
       SELECT CONCAT('01JD8Z2M6', p.letter, LPAD(n, 16, '0')), ?, ${sqlIdOf('R', 'n')}, p.platform, p.target, CONCAT('1.', n, '.0'),
         CONCAT('REL-', n), CONCAT('https://tracker.example.com/browse/REL-', n)
       FROM ${numbers}, (SELECT 'A' AS letter, 'ANDROID' AS platform, 'PLAY_STORE' AS target UNION ALL SELECT 'B', 'IOS', 'APP_STORE') p`,
      [tenantId],
    );
    await db.run(
      `INSERT INTO regression_slots (id, tenant_id, release_id, date, status, flags)
       SELECT ${sqlIdOf('S', 'n')}, ?, ${sqlIdOf('R', 'n')}, UTC_TIMESTAMP(3) + INTERVAL 1 DAY, 'PLANNED', '{"automation":false}'
       FROM ${numbers}`,
      [tenantId],
    );
    for (const [ordinal, [key, queue, status, attempt]] of stages.entries()) {
      await db.run(
        `INSERT INTO stages (id, tenant_id, run_id, stage_key, ordinal, queue, status, attempt, opened_at)
         SELECT ${sqlIdOf('T', `n * 4 + ${ordinal}`)}, ?, ${sqlIdOf('Q', 'n')}, ?, ?, ?, ?, ?, IF(? > 0, UTC_TIMESTAMP(3), NULL)
         FROM ${numbers}`,
        [tenantId, key, ordinal, queue, status, attempt, attempt],
      );
    }
    for (const [ordinal, type] of kickoffTasks.entries()) {
      await db.run(
        `INSERT INTO tasks (id, tenant_id, run_id, stage_id, stage_attempt, task_key, type, queue, status, attempt, max_attempts, deadline_ms,
           on_deadline)
         SELECT ${sqlIdOf('V', `n * 4 + ${ordinal}`)}, ?, ${sqlIdOf('Q', 'n')}, ${sqlIdOf('T', 'n * 4')}, 1, ?, ?, 'kickoff', 'COMPLETED', 1,
           12, 86400000, 'fail'
         FROM ${numbers}`,
        [tenantId, type, type],
      );
    }
  }
  const tables = ['runs', 'releases', 'platform_releases', 'regression_slots', 'stages', 'tasks'];
  // A server that was filled within seconds plans by statistics of an empty one.
  await db.rows(`ANALYZE TABLE ${tables.join(', ')}`);
}

const config: FrozenConfig = {
  configName: 'Mobile, weekly',
  releaseType: 'MINOR',
  platformTargets: [
    { platform: 'ANDROID', target: 'PLAY_STORE' },
    { platform: 'IOS', target: 'APP_STORE' },
  ],
  baseBranch: 'main',
  branchPattern: 'release/{version}',
  tagPattern: 'v{version}',
  buildMode: 'CI',
  scmIntegrationId: idOf('D', 1),
  ciConfigId: idOf('D', 2),
  projectManagementConfigId: idOf('D', 3),
  testManagementConfigId: idOf('D', 4),
  commsConfigId: idOf('D', 5),
  stores: [],
  versionScheme: 'SEMVER',
  versionFormat: null,
  hotfix: { skipTasks: [], skipRegression: false },
  concurrency: { perType: null },
  slotCatchUp: 'ALL',
  schedule: null,
  skipped: { tasks: [], regression: false },
  preRegressionBuilds: false,
  automationRuns: false,
  automationPassThresholdPercent: 100,
  gates: {
    preReleaseApproval: 'manual',
    quorum: 1,
    allowSelfApproval: false,
    distributionApproval: 'manual',
    preRelease: plainRules,
    distribution: plainRules,
  },
  workflows: [
    { platform: 'ANDROID', workflowType: 'REGRESSION_BUILD' },
    { platform: 'ANDROID', workflowType: 'AAB_BUILD' },
    { platform: 'IOS', workflowType: 'REGRESSION_BUILD' },
    { platform: 'IOS', workflowType: 'TEST_FLIGHT_BUILD' },
  ],
};
