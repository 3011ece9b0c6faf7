import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox({ robots: false });
});

afterEach(() => sandbox.close());

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${sandbox.controlOrigin}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: response.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : text };
}

describe('the control server', () => {
  it('counts and lists the effects of a tenant', async () => {
    sandbox.tenant().workspace.say('C0000000001', 'hello');

    const { status, body } = await call('GET', '/effects?tenant=Acme');

    expect(status).toBe(200);
    expect(body).toMatchObject({ tenant: 'Acme', counts: { messages: 1, runs: 0 }, duplicates: [], webhooks: { sent: 0, failed: [] } });
  });

  it('adds tenants and hands out what their connections need', async () => {
    const created = await call('POST', '/tenants', { name: 'Globex' });
    const again = await call('GET', '/access?tenant=Globex');

    expect(created.status).toBe(201);
    expect(again.body).toEqual(created.body);
    expect(again.body).toMatchObject({ github: { owner: 'globex', repo: 'shop' } });
  });

  it('injects faults into a provider, by pattern, until they are taken back', async () => {
    const runs = () =>
      fetch(`${sandbox.fakes.checkmate.origin}/api/v1/user/details`, { headers: { authorization: 'Bearer cm-sandbox-acme' } });

    await call('POST', '/faults', { provider: 'checkmate', match: { pathPattern: '/user/' }, status: 503, times: 5 });
    const broken = await runs();
    await call('DELETE', '/faults');
    const healed = await runs();

    expect([broken.status, healed.status]).toEqual([503, 200]);
  });

  it.each([
    ['an unknown tenant', 'GET', '/effects?tenant=Nobody', undefined, 404],
    ['an address that is none', 'POST', '/webhooks', { scm: { url: 'nowhere', secret: 's' } }, 422],
    ['an unknown provider', 'POST', '/faults', { provider: 'gitea' }, 422],
    ['a pattern that is none', 'POST', '/faults', { provider: 'github', match: { pathPattern: '(' } }, 422],
  ])('refuses %s', async (_what, method, path, body, status) => {
    const answer = await call(method, path, body);

    expect(answer.status).toBe(status);
  });

  it('shows people a page in which text from outside is only text', async () => {
    sandbox.tenant().workspace.say('C0000000001', '<script>alert("x")</script>');

    const { body } = await call('GET', '/');

    expect(body).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(body).not.toContain('<script');
    expect(body).toContain('Tickets in Jira: none');
  });
});
