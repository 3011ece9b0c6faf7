import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createAuthenticator } from '../../src/services/access/authenticate.ts';
import { authenticateOperator } from '../../src/services/access/operators.ts';
import { sealCredentials, sealWebhookSecret } from '../../src/services/connections/seal-connection.ts';
import { sealContext } from '../../src/services/connections/tables.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { built } from './process.ts';

/** The command line as operators run it: a process of its own, with nothing but its environment. */

const ROOT = new URL('../../', import.meta.url);
const run = promisify(execFile);
const newKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  const [server] = testDatabases();
  if (server === undefined) throw new Error('there is no test database');
  database = await createTestDatabase(server);
  db = openDatabase({ url: new Secret(database.url), poolSize: 2 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

async function node(script: string, args: string[], env: Record<string, string> = {}) {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH ?? '', DATABASE_URL: database.url, LOG_LEVEL: 'silent', ...env } };
  try {
    const { stdout, stderr } = await run(process.execPath, [...built(script), ...args], options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
const admin = (...args: string[]) => node('admin', args);

describe('the command line', () => {
  it('says that the schema is missing, and what to do; migrating needs the database only', async () => {
    const before = await admin('tenant', 'list');
    expect(before.code).toBe(1);
    expect(before.stderr).toContain('npm run migrate');

    expect((await node('migrate', [])).code).toBe(0);

    expect(await admin('tenant', 'list', '--json')).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });

  it('makes a tenant and a first token that works, as one line of JSON each', async () => {
    const { tenantId, ...tenant } = JSON.parse((await admin('tenant', 'create', '--name', 'Acme', '--json')).stdout);
    expect(tenant).toEqual({ name: 'Acme' });

    const created = await admin('token', 'create', '--tenant', tenantId, '--role', 'owner', '--expires-in', '90d', '--json');

    expect(created.stdout.trim().split('\n')).toHaveLength(1);
    const { token, expiresAt } = JSON.parse(created.stdout);
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000)).toBe(90);
    expect(await createAuthenticator({ db }).authenticate(token)).toMatchObject({ tenantId, roles: ['owner', 'owner'] });
    const listed = await admin('token', 'list', '--tenant', tenantId);
    expect(listed.stdout).toContain('owner');
    expect(listed.stdout).not.toContain(token);
  });

  it('revokes tokens and adds members', async () => {
    const { tenantId } = JSON.parse((await admin('tenant', 'create', '--name', 'Beta', '--json')).stdout);
    const { token, tokenId } = JSON.parse((await admin('token', 'create', '--tenant', tenantId, '--role', 'ci', '--json')).stdout);

    expect((await admin('token', 'revoke', '--id', tokenId)).code).toBe(0);
    const member = JSON.parse(
      (await admin('member', 'add', '--tenant', tenantId, '--role', 'admin', '--name', 'Ada', '--email', 'Ada@Example.com', '--json'))
        .stdout,
    );

    expect(await createAuthenticator({ db }).authenticate(token)).toBeNull();
    expect(member).toMatchObject({ email: 'ada@example.com', role: 'admin' });
    const own = await admin('token', 'create', '--tenant', tenantId, '--role', 'viewer', '--account', member.accountId, '--json');
    expect(JSON.parse(own.stdout).accountId).toBe(member.accountId);
  });

  it('adds and removes operators, whose tokens open what is no tenant’s', async () => {
    const { operatorId, token } = JSON.parse((await admin('operator', 'add', '--name', 'Olga', '--expires-in', '90d', '--json')).stdout);
    const known = await authenticateOperator(db, token);
    const listed = await admin('operator', 'list');

    const removed = await admin('operator', 'remove', '--id', operatorId);

    expect(known).toBe(operatorId);
    expect(listed.stdout).toContain('Olga');
    expect(listed.stdout).not.toContain(token);
    expect(removed.code).toBe(0);
    expect(await authenticateOperator(db, token)).toBeNull();
    expect(await createAuthenticator({ db }).authenticate(token)).toBeNull();
    expect((await admin('operator', 'remove', '--id', 'nobody')).code).toBe(1);
  });

  it('exits 2 for what was asked wrongly, 1 for what cannot be done, and says which in one line', async () => {
    const wrong = [
      ['nonsense', 'verb'],
      ['tenant', 'create'],
      ['token', 'create', '--tenant', 'x', '--role', 'emperor'],
      ['token', 'create', '--tenant', 'x', '--role', 'ci', '--scopes', 'task:skip'],
      ['token', 'create', '--tenant', 'x', '--role', 'ci', '--expires-in', 'soon'],
      ['tenant', 'list', '--verbose'],
    ];
    const answers = await Promise.all(wrong.map((args) => admin(...args)));
    const absent = await admin('token', 'create', '--tenant', '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', '--role', 'owner');
    const misconfigured = await node('admin', ['tenant', 'list'], { DATABASE_URL: 'nonsense' });

    expect(answers.map((answer) => answer.code)).toEqual(wrong.map(() => 2));
    expect(answers.every((answer) => answer.stdout === '' && answer.stderr.trim().split('\n').length === 1)).toBe(true);
    expect([absent.code, misconfigured.code]).toEqual([1, 2]);
    expect(misconfigured.stderr).toContain('DATABASE_URL');
    expect((await admin('--help')).stdout).toContain('keys rotate');
  });
});

describe('keys rotate', () => {
  it('seals everything again with the newest key, can be repeated, and names what no key opens', async () => {
    const [old, fresh, lost] = [newKey('old'), newKey('new'), newKey('lost')];
    const id = (tail: number) => `01JD8Z2M6Y6Q6S7T8V9W0X1Y${String(tail).padStart(2, '0')}`;
    const insert = async (rowId: string, key: string) => {
      const keyring = createKeyring(new Secret(key));
      await db.run(
        `INSERT INTO tenant_comm_integrations
           (id, tenant_id, provider, display_name, base_url, settings, credentials, webhook_secret, verification_status, created_by_account_id)
         VALUES (?, ?, 'slack', 'x', 'https://slack.com/api', '{}', ?, ?, 'VALID', ?)`,
        [
          rowId,
          id(0),
          sealCredentials(keyring, 'communication', rowId, { botToken: `secret of ${rowId}` }),
          sealWebhookSecret(keyring, 'communication', rowId, `hook of ${rowId}`),
          id(0),
        ],
      );
    };
    for (let tail = 1; tail <= 3; tail += 1) await insert(id(tail), old);
    await insert(id(4), lost);
    const rotate = () => node('admin', ['keys', 'rotate', '--json'], { SIGNALBOX_KEYS: `${fresh},${old}` });

    const [first, second] = [await rotate(), await rotate()];

    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({ resealed: 6, current: 0, unopenable: [{ id: id(4) }, { id: id(4) }] });
    expect(JSON.parse(second.stdout)).toMatchObject({ resealed: 0, current: 6 });
    expect(first.stdout + first.stderr).not.toMatch(/secret of|hook of/);
    const onlyNew = createKeyring(new Secret(fresh));
    const rows = await db.rows<{ id: string; credentials: string }>('SELECT id, credentials FROM tenant_comm_integrations WHERE id < ?', [
      id(4),
    ]);
    for (const row of rows) {
      expect(onlyNew.open(row.credentials, sealContext('communication', row.id, 'credentials')).reveal()).toContain(`secret of ${row.id}`);
    }
  });
});
