import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { openDatabase } from '../../src/db/client.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Secret } from '../../src/platform/secret.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const inAnHour = () => new Date(Date.now() + 3_600_000);

describe('authentication', () => {
  it('answers 401 with WWW-Authenticate without a token, with a malformed, an unknown, an expired and a revoked one', async () => {
    const { tenantId } = await api.tenant();
    const expired = await api.token(tenantId, 'owner', { expiresAt: new Date(Date.now() - 1000) });
    const revoked = await api.token(tenantId, 'owner');
    await api.db.run('UPDATE api_tokens SET revoked_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND expires_at IS NULL', [tenantId]);

    for (const token of [undefined, 'nonsense', `sbx_${'A'.repeat(43)}`, expired, revoked]) {
      const answer = await api.request('GET', '/api/v1/me', token === undefined ? {} : { token });

      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body.instance).toBe(answer.headers.get('x-request-id'));
    }
  });

  it('refuses a valid token in another scheme', async () => {
    const { token } = await api.tenant();

    const answer = await api.request('GET', '/api/v1/me', { headers: { authorization: `Basic ${token}` } });

    expect(answer.status).toBe(401);
  });

  it('tells who the token stands for, and writes down its use', async () => {
    const { tenantId, token, accountId } = await api.tenant('Whoami');

    const answer = await api.request('GET', '/api/v1/me', { token });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ tenant: { id: tenantId, name: 'Whoami' }, account: { id: accountId, role: 'owner' } });
    await expect
      .poll(() => api.db.rows('SELECT 1 FROM api_tokens WHERE tenant_id = ? AND last_used_at IS NOT NULL', [tenantId]))
      .toHaveLength(1);
  });

  it('is refused at once when the membership ends, whatever the token says', async () => {
    const { tenantId, token, accountId } = await api.tenant();
    await api.db.run('DELETE FROM members WHERE tenant_id = ? AND account_id = ?', [tenantId, accountId]);

    expect((await api.request('GET', '/api/v1/me', { token })).status).toBe(401);
  });

  it('takes the request id of the caller when it is harmless, and makes one otherwise', async () => {
    const given = await api.request('GET', '/api/v1/me', { headers: { 'x-request-id': 'abc-123' } });
    const hostile = await api.request('GET', '/api/v1/me', { headers: { 'x-request-id': 'a b<script>' } });

    expect(given.headers.get('x-request-id')).toBe('abc-123');
    expect(hostile.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('tenant guard', () => {
  it("answers another tenant's path exactly like a tenant that does not exist", async () => {
    const [mine, theirs] = [await api.tenant(), await api.tenant()];

    const foreign = await api.request('GET', `/api/v1/tenants/${theirs.tenantId}`, { token: mine.token });
    const absent = await api.request('GET', '/api/v1/tenants/01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', { token: mine.token });

    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, instance: '' }).toEqual({ ...absent.body, instance: '' });
  });
});

describe('tokens', () => {
  it('shows a new token once, stores only its hash, and lists it without', async () => {
    const { tenantId, token } = await api.tenant();

    const created = await api.request('POST', `/api/v1/tenants/${tenantId}/tokens`, { token, body: { name: 'CI', role: 'ci' } });

    expect(created.status).toBe(201);
    expect(created.body.token).toMatch(/^sbx_/);
    const listed = await api.request('GET', `/api/v1/tenants/${tenantId}/tokens`, { token });
    expect(listed.body.items.map((item: { name: string }) => item.name)).toContain('CI');
    expect(listed.text).not.toContain(created.body.token);
    const stored = await api.db.rows('SELECT * FROM api_tokens WHERE tenant_id = ?', [tenantId]);
    expect(JSON.stringify(stored)).not.toContain(created.body.token);
    expect((await api.request('GET', '/api/v1/me', { token: created.body.token })).body.permissions.sort()).toEqual([
      'build:report',
      'release:read',
    ]);
  });

  it('gives no role above the own and no permission the own token lacks', async () => {
    const { tenantId } = await api.tenant();
    const admin = await api.token(tenantId, 'admin');
    const narrow = await api.token(tenantId, 'owner', { scopes: ['token:write'] });
    const path = `/api/v1/tenants/${tenantId}/tokens`;

    expect((await api.request('POST', path, { token: admin, body: { name: 'x', role: 'owner' } })).status).toBe(403);
    expect((await api.request('POST', path, { token: narrow, body: { name: 'x', role: 'viewer' } })).status).toBe(403);
    expect((await api.request('POST', path, { token: admin, body: { name: 'x', role: 'viewer' } })).status).toBe(201);
  });

  it('revokes at once', async () => {
    const { tenantId, token } = await api.tenant();
    const path = `/api/v1/tenants/${tenantId}/tokens`;
    const created = await api.request('POST', path, {
      token,
      body: { name: 'short', role: 'viewer', expiresAt: inAnHour().toISOString() },
    });

    expect((await api.request('DELETE', `${path}/${created.body.id}`, { token })).status).toBe(204);
    expect((await api.request('GET', '/api/v1/me', { token: created.body.token })).status).toBe(401);
  });

  it('pages by keyset, newest first, without gaps or doubles', async () => {
    const { tenantId, token } = await api.tenant();
    const path = `/api/v1/tenants/${tenantId}/tokens`;
    for (let index = 0; index < 5; index += 1) await api.request('POST', path, { token, body: { name: `t${index}`, role: 'viewer' } });

    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await api.request('GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`, { token });
      seen.push(...page.body.items.map((item: { name: string }) => item.name));
      cursor = page.body.nextCursor ?? '';
    } while (cursor !== '');

    expect(seen).toEqual(['t4', 't3', 't2', 't1', 't0', 'owner of a test']);
    expect((await api.request('GET', `${path}?cursor=!!!`, { token })).status).toBe(422);
  });
});

describe('members', () => {
  it('keeps the last owner, even when two owners remove each other at once', async () => {
    const { tenantId, token, accountId } = await api.tenant();
    const path = `/api/v1/tenants/${tenantId}/members`;
    expect((await api.request('DELETE', `${path}/${accountId}`, { token })).status).toBe(409);
    expect((await api.request('PATCH', `${path}/${accountId}`, { token, body: { role: 'viewer' } })).status).toBe(409);
    const second = await api.request('POST', path, { token, body: { email: 'Two@Example.com', displayName: 'Two', role: 'owner' } });
    expect(second.body.email).toBe('two@example.com');
    const secondToken = await api.token(tenantId, 'owner', { accountId: second.body.accountId });

    const outcomes = await Promise.all([
      api.request('DELETE', `${path}/${second.body.accountId}`, { token }),
      api.request('DELETE', `${path}/${accountId}`, { token: secondToken }),
    ]);

    expect(outcomes.map((outcome) => outcome.status).filter((status) => status === 204)).toHaveLength(1);
    expect(await api.db.rows(`SELECT 1 FROM members WHERE tenant_id = ? AND role = 'owner'`, [tenantId])).toHaveLength(1);
  });

  it('lets nobody give or take a role above their own', async () => {
    const { tenantId, accountId } = await api.tenant();
    const admin = await api.token(tenantId, 'admin');
    const path = `/api/v1/tenants/${tenantId}/members`;

    expect((await api.request('POST', path, { token: admin, body: { displayName: 'bot', role: 'owner' } })).status).toBe(403);
    expect((await api.request('PATCH', `${path}/${accountId}`, { token: admin, body: { role: 'viewer' } })).status).toBe(403);
    expect((await api.request('DELETE', `${path}/${accountId}`, { token: admin })).status).toBe(403);
    expect((await api.request('POST', path, { token: admin, body: { displayName: 'bot', role: 'ci' } })).status).toBe(201);
  });

  it('ends the tokens of whoever is removed', async () => {
    const { tenantId, token } = await api.tenant();
    const path = `/api/v1/tenants/${tenantId}/members`;
    const member = await api.request('POST', path, { token, body: { displayName: 'bot', role: 'viewer' } });
    const theirs = await api.token(tenantId, 'viewer', { accountId: member.body.accountId });

    expect((await api.request('DELETE', `${path}/${member.body.accountId}`, { token })).status).toBe(204);
    expect((await api.request('GET', '/api/v1/me', { token: theirs })).status).toBe(401);
  });
});

describe('idempotency', () => {
  it('repeats the first answer and nothing else; another body is refused; another account is not affected', async () => {
    const { tenantId, token } = await api.tenant();
    const path = `/api/v1/tenants/${tenantId}/tokens`;
    const headers = { 'idempotency-key': 'key-1' };
    const first = await api.request('POST', path, { token, headers, body: { name: 'once', role: 'viewer' } });

    const again = await api.request('POST', path, { token, headers, body: { name: 'once', role: 'viewer' } });
    const other = await api.request('POST', path, { token, headers, body: { name: 'twice', role: 'viewer' } });

    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(other.status).toBe(422);
    expect(await api.db.rows(`SELECT 1 FROM api_tokens WHERE tenant_id = ? AND name IN ('once', 'twice')`, [tenantId])).toHaveLength(1);
    const kept = await api.db.rows('SELECT body FROM idempotency_keys WHERE tenant_id = ?', [tenantId]);
    expect(JSON.stringify(kept)).not.toContain(first.body.token);
  });

  it('does the work once when ten come at once: one 201, the others the same answer or 409', async () => {
    const { tenantId, token } = await api.tenant();
    const send = () =>
      api.request('POST', `/api/v1/tenants/${tenantId}/members`, {
        token,
        headers: { 'idempotency-key': 'same' },
        body: { displayName: 'one', role: 'viewer' },
      });

    const answers = await Promise.all(Array.from({ length: 10 }, send));

    expect(new Set(answers.map((answer) => answer.status)).size).toBeLessThanOrEqual(2);
    expect(answers.every((answer) => answer.status === 201 || answer.status === 409)).toBe(true);
    expect(new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.body.accountId)).size).toBe(1);
    expect(await api.db.rows('SELECT 1 FROM members WHERE tenant_id = ?', [tenantId])).toHaveLength(2);
  });

  it('gives the key free when the request was refused, so that it may be tried again', async () => {
    const { tenantId, token } = await api.tenant();
    const path = `/api/v1/tenants/${tenantId}/members`;
    const headers = { 'idempotency-key': 'retry' };
    const body = { email: 'a@example.com', displayName: 'A', role: 'viewer' };
    await api.request('POST', path, { token, body });

    expect((await api.request('POST', path, { token, headers, body })).status).toBe(409);
    await api.db.run('DELETE FROM members WHERE tenant_id = ? AND role = ?', [tenantId, 'viewer']);
    expect((await api.request('POST', path, { token, headers, body })).status).toBe(201);
  });

  it('takes over from a process that died before its commit, and forgets answers after a day', async () => {
    const { tenantId, token, accountId } = await api.tenant();
    const send = () =>
      api.request('POST', `/api/v1/tenants/${tenantId}/members`, {
        token,
        headers: { 'idempotency-key': 'crash' },
        body: { displayName: 'late', role: 'viewer' },
      });
    await send();
    const age = (interval: string) =>
      api.db.run(`UPDATE idempotency_keys SET created_at = created_at - INTERVAL ${interval} WHERE account_id = ?`, [accountId]);
    await api.db.run('UPDATE idempotency_keys SET completed = 0, status = NULL WHERE account_id = ?', [accountId]);

    expect((await send()).status).toBe(409);
    await age('61 SECOND');
    expect((await send()).status).toBe(201);
    await age('23 HOUR');
    expect((await send()).headers.get('idempotency-replayed')).toBe('true');
    await age('2 HOUR');
    expect((await send()).headers.get('idempotency-replayed')).toBeNull();
  });
});

describe('limits', () => {
  it('answers 429 with Retry-After when the token used up its requests, and leaves other tokens alone', async () => {
    const limited = await startApi({ requestsPerMinute: 3 });
    try {
      const { tenantId, token } = await limited.tenant();
      const other = await limited.token(tenantId, 'viewer');

      const answers = [];
      for (let count = 0; count < 4; count += 1) answers.push(await limited.request('GET', '/api/v1/me', { token }));

      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 429]);
      // The window began a second ago and lasts a minute.
      expect(answers.at(-1)?.headers.get('retry-after')).toBe('59');
      expect((await limited.request('GET', '/api/v1/me', { token: other })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  it('refuses bodies above 1 MiB with 413, whether or not they announce their length', async () => {
    const { tenantId, token } = await api.tenant();
    const body = JSON.stringify({ name: 'x'.repeat(1024 * 1024), role: 'viewer' });
    const headers = { 'content-type': 'application/json' };
    const path = `/api/v1/tenants/${tenantId}/tokens`;

    expect((await api.request('POST', path, { token, body, headers })).status).toBe(413);
    expect((await api.request('POST', path, { token, body, headers: { ...headers, 'content-length': String(body.length) } })).status).toBe(
      413,
    );
  });
});

it('answers 503 with Retry-After while the database is away, says so in readyz, and logs no password', async () => {
  const stranded = await startApi();
  const { token } = await stranded.tenant();
  await stranded.close();
  const away = openDatabase({ url: new Secret('mysql://someone:a-password-in-a-url@127.0.0.1:9/gone'), poolSize: 1 });
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace', name: 'api', destination: { write: (line) => void lines.push(line) } });
  const app = createApp({ ...stranded.deps, db: away, logger, checks: { database: async () => void (await away.rows('SELECT 1')) } });

  const answer = await app.request('/api/v1/me', { headers: { authorization: `Bearer ${token}` } });
  const ready = await app.request('/readyz');

  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(await answer.text()).not.toContain('127.0.0.1');
  expect(ready.status).toBe(503);
  expect(Object.keys(((await ready.json()) as { failed: object }).failed)).toEqual(['database']);
  expect(lines.join('')).not.toContain('a-password-in-a-url');
  expect(lines.join('')).not.toContain(token);
  await away.close();
});
