import { createHash } from 'node:crypto';
import { createPool, type Pool } from 'mysql2/promise';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Side, sides } from '../../src/domain/deployment/vocabulary.ts';
import { localDeployTarget } from '../../src/integrations/providers/local-runner/deploy-target.ts';
import { settingsSchema } from '../../src/integrations/providers/mysql-database/identity.ts';
import { mysqlSchemaMigrator } from '../../src/integrations/providers/mysql-database/schema-migrator.ts';
import { Secret } from '../../src/platform/secret.ts';
import { readMigrations } from '../../src/services/artifacts/read-migrations.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { listMigrations } from '../../src/services/deployments/list-migrations.ts';
import { placeName } from '../../src/services/execution/deployments/driver-service.ts';
import { steerServiceRollout } from '../../src/services/service-rollouts/steer-service-rollout.ts';
import { guardedDeps } from '../contracts/adapter-harness.ts';
import { archiveOf } from '../contracts/deploy-program.ts';
import { localWorld } from '../contracts/local-runner-harness.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';
import { targetBody } from './deployment-facts.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

/*
 * The real thing but for the router: programs run by the local runner write to a real database while its schema moves under them. Each version writes a
 * row and reads all of them; whatever the schema does not have for it is an error.
 */

const program = (version: string, write: string, read: string) => `
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
const mysql = createRequire(process.env.PACKAGES)('mysql2/promise');
const pool = mysql.createPool({ uri: process.env.DATABASE, connectionLimit: 2 });
createServer(async (_request, response) => {
  try {
    await pool.query(${JSON.stringify(write)});
    const [rows] = await pool.query(${JSON.stringify(read)});
    response.end(JSON.stringify({ version: '${version}', rows: rows.length }));
  } catch (error) {
    response.statusCode = 500;
    response.end(JSON.stringify({ version: '${version}', error: error.message }));
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const first = {
  'migrations/001_orders.sql':
    '-- signalbox: expand\nCREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, item TEXT NOT NULL, code INT NOT NULL);',
};
const second = {
  ...first,
  'migrations/002_note.sql':
    '-- signalbox: expand\nALTER TABLE orders ADD COLUMN note TEXT NULL;\nALTER TABLE orders MODIFY code INT NULL;',
};
const third = { ...second, 'migrations/003_no_code.sql': '-- signalbox: contract\nALTER TABLE orders DROP COLUMN code;' };
const fourth = { ...third, 'migrations/004_bad.sql': '-- signalbox: expand\nALTER TABLE nowhere ADD COLUMN x INT;' };
const withCode = ["INSERT INTO orders (item, code) VALUES ('tea', 1)", 'SELECT id, item, code FROM orders'] as const;
const withNote = ["INSERT INTO orders (item, note) VALUES ('tea', 'hot')", 'SELECT id, item, note FROM orders'] as const;

describe('a schema that expands and contracts under a service', () => {
  const local = localWorld();
  const [server] = testDatabases();
  let world: DeploymentWorld;
  let database: TestDatabase;
  let pool: Pool;
  let tenant: DeploymentTenant;
  let environmentId: string;
  let service: string;

  const target = targetBody({
    deploy: {
      ...{ integrationId: 'runner', config: { command: ['node', 'server.mjs'], overlapMs: 0, stableMs: 500, graceMs: 2_000 } },
      ...{ replicas: 1, readyWithinMs: 60_000, graceMs: 2_000 },
    },
    strategy: {
      kind: 'canary',
      steps: [
        { do: 'set-weight', percent: 50 },
        { do: 'pause', forMs: null },
      ],
      background: null,
      drainMs: 0,
    },
    traffic: { integrationId: 'router', config: {} },
    migrations: { integrationId: 'database' },
  });

  beforeAll(async () => {
    if (server === undefined) throw new Error('there is no database');
    world = await openDeploymentWorld(server);
    database = await createTestDatabase(server);
    pool = createPool({ uri: database.url, connectionLimit: 2 });
    await pool.query(`CREATE USER '${database.name}'@'%' IDENTIFIED BY 'moves schemas'`);
    await pool.query(`GRANT ALL ON \`${database.name}\`.* TO '${database.name}'@'%'`);
    const migrator = mysqlSchemaMigrator(
      {
        ...{ id: 'database', baseUrl: `mysql://127.0.0.1:${new URL(database.url).port || 3306}` },
        credentials: { user: database.name, password: new Secret('moves schemas') },
        settings: settingsSchema.parse({ database: database.name, allowUnencrypted: true }),
      },
      guardedDeps('mysql-database', []),
    );
    world.drivers.provides = { deployTarget: () => localDeployTarget(local.connection, local.deps()), schemaMigrator: () => migrator };
    tenant = await world.tenant();
    environmentId = await tenant.environment('staging');
    service = await tenant.service('shop', [environmentId], target);
    const variables = { DATABASE: database.url, PACKAGES: new URL('../../package.json', import.meta.url).pathname };
    for (const [name, value] of Object.entries(variables)) {
      await world.db.run(
        'INSERT INTO environment_variables (id, tenant_id, environment_id, name, is_secret, value, updated_by_account_id) VALUES (?)',
        [[ulid(), tenant.tenantId, environmentId, name, false, value, tenant.caller.accountId]],
      );
    }
  });
  afterAll(async () => {
    await local.close();
    await pool?.query(`DROP USER IF EXISTS '${database.name}'@'%'`);
    await pool?.end();
    await database?.drop();
    await world?.close();
  });

  async function artifact(version: string, [write, read]: readonly [string, string], migrations: Record<string, string>): Promise<string> {
    const { bytes, digest } = archiveOf({ 'server.mjs': program(version, write, read), ...migrations });
    const key = `services/${version}`;
    world.builds.files.set(key, bytes);
    const found = await readMigrations(new Blob([new Uint8Array(bytes)]).stream());
    const stored = found.map((each) => ({ ...each, checksum: createHash('sha256').update(each.sql).digest('hex') }));
    const id = ulid();
    await world.db.run('INSERT INTO artifacts (id, tenant_id, service_id, version, digest, source, migrations) VALUES (?)', [
      [
        id,
        tenant.tenantId,
        service,
        version,
        digest,
        JSON.stringify({ kind: 'kept', key, sizeBytes: bytes.length }),
        JSON.stringify(stored),
      ],
    ]);
    return id;
  }
  const create = (artifactId: string) =>
    createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, artifacts: [{ serviceId: service, artifactId }] });
  /** Until it has ended or stands at its pause. */
  async function drive(id: string): Promise<string> {
    return waitFor(
      async () => {
        await world.drive(id);
        const { outcome } = await world.row(id);
        const [rollout] = await world.db.rows<{ pauseReason: string | null }>(
          'SELECT pause_reason AS pauseReason FROM service_rollouts WHERE deployment_id = ?',
          [id],
        );
        return outcome ?? (rollout?.pauseReason === 'step' ? 'PAUSED' : null);
      },
      { what: `the deployment ${id}`, timeoutMs: 40_000, everyMs: 200 },
    );
  }
  const advance = (id: string) =>
    steerServiceRollout(world.deps, tenant.caller, { deploymentId: id, serviceId: service }, 'advance', { reason: 'both work' });
  /** What each side answers to a request; null = nothing runs there. */
  async function answers(): Promise<(string | null)[]> {
    const name = placeName({ id: environmentId, name: 'staging' }, { serviceId: service, name: 'shop' });
    const runner = localDeployTarget(local.connection, local.deps());
    const ask = async (side: Side) => {
      const [address] = (await runner.observe({ name, side, config: target.deploy.config })).addresses;
      if (address === undefined) return null;
      const response = await fetch(`http://${address}/`, { headers: { connection: 'close' } });
      const { version, error } = (await response.json()) as { version: string; error?: string };
      return `${version} ${response.status} ${error ?? ''}`.trim();
    };
    return (await Promise.all(sides.map(ask))).toSorted();
  }
  const columns = async () => ((await pool.query('SHOW COLUMNS FROM orders'))[0] as { Field: string }[]).map(({ Field }) => Field);

  it('serves old and new at once, drops in a later deployment, and stays as it is where a migration fails', async () => {
    const one = await create(await artifact('1', withCode, first));
    expect(await drive(one.id)).toBe('SUCCEEDED');
    expect(await answers()).toEqual(['1 200', null]);

    // What takes away is refused together with what it follows, before anything is touched.
    const thirdId = await artifact('3', withNote, third);
    await expect(create(thirdId)).rejects.toMatchObject({
      problems: [expect.objectContaining({ message: expect.stringContaining('003_no_code.sql') })],
    });
    expect(await columns()).toEqual(['id', 'item', 'code']);

    const two = await create(await artifact('2', withNote, second));
    expect(await drive(two.id)).toBe('PAUSED');
    expect(await columns()).toEqual(['id', 'item', 'code', 'note']);
    expect(await answers()).toEqual(['1 200', '2 200']);
    await advance(two.id);
    expect(await drive(two.id)).toBe('SUCCEEDED');

    const three = await create(thirdId);
    expect(await drive(three.id)).toBe('PAUSED');
    expect(await columns()).toEqual(['id', 'item', 'note']);
    expect(await answers()).toEqual(['2 200', '3 200']);
    await advance(three.id);
    expect(await drive(three.id)).toBe('SUCCEEDED');

    const four = await create(await artifact('4', withNote, fourth));
    expect(await drive(four.id)).toBe('FAILED');
    expect((await listMigrations(world.deps, tenant.caller, four.id)).items).toMatchObject([
      { name: '004_bad.sql', status: 'FAILED', error: expect.stringMatching(/statement 1 of 1 at line 2.*nowhere/) },
    ]);
    expect(await answers()).toEqual(['3 200', null]);
    expect(await world.installed(environmentId)).toEqual({ shop: '3' });
  });
});
