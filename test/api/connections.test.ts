import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/platform/logger.ts';
import { createOutboundFetch } from '../../src/platform/outbound.ts';
import { createConnection } from '../../src/services/connections/create-connection.ts';
import { reverifyDueConnections } from '../../src/services/connections/reverify.ts';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

const TOKEN = 'ghp_a-very-secret-token-of-this-test';
let api: ApiHarness;
let github: GithubFake;

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
  github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKEN] });
});
beforeEach(() => github.clearFaults());
afterAll(() => Promise.all([api.close(), github.close()]));

const form = (more: Record<string, unknown> = {}) => ({
  provider: 'github',
  displayName: 'Acme app',
  baseUrl: github.origin,
  credentials: { token: TOKEN },
  settings: { owner: 'acme', repo: 'app', defaultBranch: 'main' },
  ...more,
});
const scm = (tenantId: string, rest = '') => `/api/v1/tenants/${tenantId}/integrations/scm${rest}`;

async function connected() {
  const tenant = await api.tenant();
  const created = await api.request('POST', scm(tenant.tenantId), { token: tenant.token, body: form() });
  expect(created.status).toBe(201);
  return { ...tenant, id: created.body.id as string, created };
}

describe('creating', () => {
  it('verifies at once, fills the columns operators know, shows the webhook secret once and no credential ever', async () => {
    const { tenantId, token, id, created } = await connected();

    expect(created.body).toMatchObject({ verificationStatus: 'VALID', hasValidToken: true, hasWebhookSecret: true, webhookEnabled: true });
    expect(created.body.webhookSecret).toMatch(/^whsec_/);
    expect(created.body.webhookUrl).toBe(`http://localhost/api/v1/webhooks/github/${id}`);
    const read = await api.request('GET', scm(tenantId, `/${id}`), { token });
    const listed = await api.request('GET', scm(tenantId), { token });
    for (const text of [read.text, listed.text]) {
      expect(text).not.toContain(created.body.webhookSecret);
      expect(text).not.toContain(TOKEN);
    }
    const rows = await api.db.rows<Record<string, unknown>>('SELECT * FROM tenant_scm_integrations WHERE id = ?', [id]);
    expect(rows[0]).toMatchObject({ owner: 'acme', repo: 'app', default_branch: 'main' });
    expect(JSON.stringify(rows)).not.toContain(TOKEN);
    expect(JSON.stringify(await api.db.rows('SELECT * FROM state_history_items'))).not.toContain(TOKEN);
    expect(api.logged()).not.toContain(TOKEN);
    expect(api.logged()).not.toContain(created.body.webhookSecret);
  });

  it('names every wrong field of all parts at once, and stores nothing', async () => {
    const { tenantId, token } = await api.tenant();

    const answer = await api.request('POST', scm(tenantId), {
      token,
      body: form({ baseUrl: 'ftp://user:pw@example.com', credentials: {}, settings: { owner: '..' } }),
    });

    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual(
      expect.arrayContaining(['/baseUrl', '/credentials/token', '/settings/owner', '/settings/repo']),
    );
    expect(await api.db.rows('SELECT 1 FROM tenant_scm_integrations WHERE tenant_id = ?', [tenantId])).toEqual([]);
  });

  it('of several ways to sign in names what is wrong with the one that was meant', async () => {
    const { tenantId, token } = await api.tenant();
    const wrong = async (credentials: unknown) =>
      (await api.request('POST', scm(tenantId), { token, body: form({ credentials }) })).body.errors.map(
        (error: { field: string }) => error.field,
      );

    expect(await wrong({})).toEqual(['/credentials/token']);
    expect(await wrong({ kind: 'app', appId: 'x', privateKey: 'no key' })).toEqual(['/credentials/appId', '/credentials/privateKey']);
    expect(await wrong({ kind: 'telepathy' })).toEqual(['/credentials/kind']);
  });

  it("stores nothing when the provider refuses the credentials, and passes on the provider's reasons", async () => {
    const { tenantId, token } = await api.tenant();
    const body = form({ credentials: { token: 'ghp_wrong-but-secret' } });

    const answer = await api.request('POST', scm(tenantId), { token, body });

    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]).toMatchObject({ field: '/credentials', message: expect.stringContaining('token') });
    expect(answer.text).not.toContain('ghp_wrong-but-secret');
    expect(await api.db.rows('SELECT 1 FROM tenant_scm_integrations WHERE tenant_id = ?', [tenantId])).toEqual([]);
    const unverified = await api.request('POST', scm(tenantId, '?verify=false'), { token, body });
    expect(unverified.body).toMatchObject({ verificationStatus: 'PENDING', hasValidToken: false });
  });

  it('stores it as PENDING when the provider cannot be asked now', async () => {
    const { tenantId, token } = await api.tenant();
    github.failNext({ status: 503, times: 9 });

    const answer = await api.request('POST', scm(tenantId), { token, body: form() });

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ verificationStatus: 'PENDING', lastVerifiedAt: null });
    expect(answer.body.verificationError).toMatch(/Could not be verified/);
  });

  it('refuses a second source-control integration unless it is asked for, even when two come at once', async () => {
    const { tenantId, token } = await api.tenant();

    const answers = await Promise.all([1, 2].map(() => api.request('POST', scm(tenantId), { token, body: form() })));

    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
    expect((await api.request('POST', scm(tenantId), { token, body: form({ allowMultiple: true }) })).status).toBe(201);
  });

  it('refuses addresses the operator does not allow, naming the field', async () => {
    const outbound = createOutboundFetch({ allow: [], logger: createLogger({ level: 'silent', name: 'test' }) });
    const guarded = await startApi({ fetch: outbound.fetch });
    try {
      const { tenantId, token } = await guarded.tenant();

      const answer = await guarded.request('POST', scm(tenantId), { token, body: form() });

      expect(answer.status).toBe(422);
      expect(answer.body.errors).toEqual([{ field: '/baseUrl', message: expect.stringContaining('OUTBOUND_ALLOW') }]);
    } finally {
      await guarded.close();
      await outbound.close();
    }
  });

  it('knows only providers of the category', async () => {
    const { tenantId, token } = await api.tenant();

    expect((await api.request('POST', scm(tenantId), { token, body: form({ provider: 'jira' }) })).body.errors[0].field).toBe('/provider');
    expect((await api.request('POST', scm(tenantId), { token, body: form({ provider: '__proto__' }) })).status).toBe(422);
    expect((await api.request('GET', `/api/v1/tenants/${tenantId}/integrations/nonsense`, { token })).status).toBe(404);
  });
});

describe('changing', () => {
  it('verifies new credentials before it stores them, and keeps the old ones when they are refused', async () => {
    const { tenantId, token, id } = await connected();
    const before = await api.db.rows('SELECT credentials FROM tenant_scm_integrations WHERE id = ?', [id]);

    const refused = await api.request('PATCH', scm(tenantId, `/${id}`), {
      token,
      body: { credentials: { token: 'ghp_another-wrong-one' } },
    });

    expect(refused.status).toBe(422);
    expect(await api.db.rows('SELECT credentials FROM tenant_scm_integrations WHERE id = ?', [id])).toEqual(before);
    const accepted = await api.request('PATCH', scm(tenantId, `/${id}`), {
      token,
      body: { credentials: { token: TOKEN }, displayName: 'Renamed' },
    });
    expect(accepted.body).toMatchObject({ displayName: 'Renamed', verificationStatus: 'VALID' });
    expect(await api.db.rows('SELECT credentials FROM tenant_scm_integrations WHERE id = ?', [id])).not.toEqual(before);
  });

  it('never sends stored credentials to another address', async () => {
    const { tenantId, token, id } = await connected();

    const answer = await api.request('PATCH', scm(tenantId, `/${id}`), { token, body: { baseUrl: 'http://127.0.0.1:9' } });

    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe('/credentials');
  });

  it('rotates the webhook secret and shows it once', async () => {
    const { tenantId, token, id, created } = await connected();

    const rotated = await api.request('PATCH', scm(tenantId, `/${id}`), { token, body: { rotateWebhookSecret: true } });

    expect(rotated.body.webhookSecret).toMatch(/^whsec_/);
    expect(rotated.body.webhookSecret).not.toBe(created.body.webhookSecret);
  });
});

describe('verifying', () => {
  it('tells that the provider does not accept the credentials any more, and when it does again', async () => {
    const { tenantId, token, id } = await connected();
    github.failNext({ status: 401, body: { message: 'Bad credentials' } });

    const bad = await api.request('POST', scm(tenantId, `/${id}/verify`), { token });
    const good = await api.request('POST', scm(tenantId, `/${id}/verify`), { token });

    expect(bad.body).toMatchObject({ verificationStatus: 'INVALID', hasValidToken: false });
    expect(good.body).toMatchObject({ verificationStatus: 'VALID', verificationError: null });
    const history = await api.db.rows<{ after: string }>(
      `SELECT i.value_after AS \`after\` FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.field = 'verificationStatus' ORDER BY h.id`,
      [id],
    );
    expect(history.map((row) => row.after)).toEqual(['VALID', 'INVALID', 'VALID']);
  });

  it('leaves the status alone when the provider cannot be asked, and asks again soon', async () => {
    const { tenantId, token, id } = await connected();
    github.failNext({ status: 502, times: 9 });

    const answer = await api.request('POST', scm(tenantId, `/${id}/verify`), { token });

    expect(answer.body.verificationStatus).toBe('VALID');
    expect(Date.parse(answer.body.nextVerificationAt) - Date.now()).toBeLessThan(10 * 60_000);
  });

  it('is repeated by schedulers when its time has come, once however many there are', async () => {
    const { id } = await connected();
    await api.db.run('UPDATE tenant_scm_integrations SET verify_at = NULL WHERE id <> ?', [id]);
    await api.db.run('UPDATE tenant_scm_integrations SET verify_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [id]);
    const callsBefore = github.calls.filter((call) => call.path === '/user').length;

    const counts = await Promise.all([1, 2, 3].map(() => reverifyDueConnections(api.deps, 10)));

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(github.calls.filter((call) => call.path === '/user').length).toBe(callsBefore + 1);
    expect(await reverifyDueConnections(api.deps, 10)).toBe(0);
  });
});

describe('deleting', () => {
  it('erases the secrets, keeps the row, and hides it', async () => {
    const { tenantId, token, id } = await connected();

    expect((await api.request('DELETE', scm(tenantId, `/${id}`), { token })).status).toBe(204);
    expect((await api.request('GET', scm(tenantId, `/${id}`), { token })).status).toBe(404);
    const [row] = await api.db.rows('SELECT credentials, webhook_secret FROM tenant_scm_integrations WHERE id = ?', [id]);
    expect(row).toEqual({ credentials: '', webhook_secret: null });
  });
});

describe('access', () => {
  it("hides another tenant's connection, on every route", async () => {
    const { id } = await connected();
    const mine = await api.tenant();

    for (const [method, rest, body] of [
      ['GET', `/${id}`, undefined],
      ['PATCH', `/${id}`, { displayName: 'taken' }],
      ['DELETE', `/${id}`, undefined],
      ['POST', `/${id}/verify`, undefined],
    ] as const) {
      expect((await api.request(method, scm(mine.tenantId, rest), { token: mine.token, body })).status).toBe(404);
    }
  });

  it('lets viewers read and only admins write', async () => {
    const { tenantId, id } = await connected();
    const viewer = await api.token(tenantId, 'viewer');
    const manager = await api.token(tenantId, 'release-manager');

    expect((await api.request('GET', scm(tenantId, `/${id}`), { token: viewer })).status).toBe(200);
    expect((await api.request('DELETE', scm(tenantId, `/${id}`), { token: manager })).status).toBe(403);
  });
});

it('describes the forms of every provider without any value', async () => {
  const { tenantId, token } = await api.tenant();

  const answer = await api.request('GET', scm(tenantId, '/providers'), { token });

  expect(answer.body.items).toContainEqual(
    expect.objectContaining({
      id: 'github',
      credentials: expect.objectContaining({
        anyOf: expect.arrayContaining([
          expect.objectContaining({ properties: { token: expect.objectContaining({ format: 'password', writeOnly: true }) } }),
        ]),
      }),
    }),
  );
});

it('keeps the answer of a repeated creation, secret included, without storing it in clear', async () => {
  const { tenantId, accountId } = await api.tenant();
  const caller = { tenantId, accountId, permissions: new Set(['integration:write'] as const) };
  await api.db.run('INSERT INTO idempotency_keys (tenant_id, account_id, idempotency_key, request_hash) VALUES (?, ?, ?, ?)', [
    tenantId,
    accountId,
    'k',
    'a'.repeat(64),
  ]);
  const [row] = await api.db.rows<{ since: Date }>('SELECT created_at AS since FROM idempotency_keys WHERE account_id = ?', [accountId]);
  if (row === undefined) throw new Error('no row');

  const created = await createConnection(api.deps, { ...caller, idempotency: { key: 'k', since: row.since } }, 'scm', {
    ...form(),
    allowMultiple: false,
    verify: true,
  });

  const stored = await api.db.rows<{ completed: number }>('SELECT * FROM idempotency_keys WHERE account_id = ?', [accountId]);
  expect(stored[0]?.completed).toBe(1);
  expect(JSON.stringify(stored)).not.toContain(created.webhookSecret);
});
