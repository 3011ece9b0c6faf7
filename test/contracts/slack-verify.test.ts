import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifySlack } from '../../src/integrations/providers/slack/verify.ts';
import { allScopes, createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { connectionTo, depsOf, token } from './slack-harness.ts';

describe('verifySlack', () => {
  let fake: SlackFake;
  beforeEach(async () => {
    fake = await createSlackFake();
  });
  afterEach(() => fake.close());

  const verify = () => verifySlack(connectionTo(fake.baseUrl), depsOf());

  it('names the account', async () => {
    fake.addWorkspace({ token, name: 'Acme' });

    expect(await verify()).toEqual({ ok: true, account: 'signalbox in Acme', expiresAt: null, rateLimit: null });
  });

  it.each(['chat:write', 'channels:read', 'channels:history'])('names the missing scope %s', async (missing) => {
    fake.addWorkspace({ token, scopes: allScopes.filter((scope) => scope !== missing) });

    expect(await verify()).toEqual({ ok: false, problems: [expect.stringContaining(missing)] });
  });

  it.each([
    ['approvals', ['users:read', 'users:read.email', 'im:write', 'im:history']],
    ['files', ['files:write', 'files:read']],
  ] as const)('names the scopes that %s need, for those who use them alone', async (use, scopes) => {
    fake.addWorkspace({ token, scopes: ['chat:write', 'channels:read', 'channels:history'] });
    const { settings, ...connection } = connectionTo(fake.baseUrl);

    const used = await verifySlack({ ...connection, settings: { ...settings, [use]: true } }, depsOf());

    expect(await verify()).toMatchObject({ ok: true });
    expect(used).toEqual({ ok: false, problems: scopes.map((scope) => expect.stringContaining(`the scope ${scope},`)) });
  });

  it('names every missing scope', async () => {
    fake.addWorkspace({ token, scopes: [] });

    expect(await verify()).toMatchObject({ ok: false, problems: { length: 3 } });
  });

  it('is not passed when Slack does not tell the scopes', async () => {
    fake.failNext({ status: 200, body: { ok: true, team: 'Acme', user: 'x' } });

    expect(await verify()).toMatchObject({ ok: false });
  });

  it('tells when a rotating token expires', async () => {
    fake.failNext({
      status: 200,
      headers: { 'x-oauth-scopes': allScopes.join(', ') },
      body: { ok: true, team: 'Acme', user: 'x', expires_in: 3600 },
    });

    expect(await verify()).toMatchObject({ ok: true, expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  it('reports a refused token as a problem, without the token', async () => {
    const answer = await verify();

    expect(answer).toMatchObject({ ok: false, problems: [expect.stringContaining('invalid_auth')] });
    expect(JSON.stringify(answer)).not.toContain(token);
  });

  it('reports a base URL that is no Slack', async () => {
    fake.failNext({ mode: 'html' });

    expect(await verify()).toMatchObject({ ok: false, problems: [expect.stringContaining('base URL')] });
  });

  it('throws when Slack could not be asked', async () => {
    fake.failNext({ status: 503 });

    await expect(verify()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
