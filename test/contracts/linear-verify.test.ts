import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linear } from '../../src/integrations/providers/linear/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { API_KEY, connectionTo, type LinearSetup, linearSetup } from './linear-harness.ts';

const TOKEN = 'oauth-token-4f7Qw1';

describe('linear verify', () => {
  let setup: LinearSetup;
  beforeEach(async () => {
    setup = await linearSetup();
  });
  afterEach(() => setup.fake.close());

  const verify = (connection: ReturnType<typeof connectionTo>, timeoutMs = 5_000) =>
    linear.verify(connection, guardedDeps('linear', [], { timeoutMs }), 'project-management');
  const problemsOf = async (connection: ReturnType<typeof connectionTo>) => {
    const answer = await verify(connection);
    return answer.ok ? [] : answer.problems;
  };

  it('names the account and its rate limit', async () => {
    const answer = await verify(connectionTo(setup.fake.origin, { apiKey: API_KEY }, { team: 'app' }));

    const rateLimit = { limit: 2_500, remaining: 2_499, resetsAt: expect.stringMatching(/^20\d\d-.*Z$/) };
    expect(answer).toEqual({ ok: true, account: 'Release Bot (Acme)', expiresAt: null, rateLimit });
  });

  it('sends the token of an OAuth application as a bearer', async () => {
    setup.fake.world.addUser(setup.workspace, { name: 'Signalbox App', token: { kind: 'oauth', value: TOKEN } });

    const answer = await verify(connectionTo(setup.fake.origin, { kind: 'oauth', accessToken: TOKEN }));

    expect(answer).toMatchObject({ ok: true, account: 'Signalbox App (Acme)' });
  });

  it('says what to do about a wrong key, a key in the form of tokens, and a token in the form of keys', async () => {
    setup.fake.world.addUser(setup.workspace, { name: 'Signalbox App', token: { kind: 'oauth', value: TOKEN } });
    const wrong = await problemsOf(connectionTo(setup.fake.origin, { apiKey: 'lin_api_wrong' }));
    const asBearer = await problemsOf(connectionTo(setup.fake.origin, { kind: 'oauth', accessToken: API_KEY }));
    const asKey = await problemsOf(connectionTo(setup.fake.origin, { apiKey: TOKEN }));

    expect(wrong).toEqual([expect.stringContaining('Create a new one')]);
    expect(asBearer).toEqual([expect.stringContaining('Remove the Bearer prefix')]);
    expect(asKey).toEqual([expect.stringContaining('belongs into the other form')]);
  });

  it('says that a team is not visible, and that there is none at all', async () => {
    setup.fake.world.addUser(setup.fake.world.addWorkspace('Empty'), { name: 'x', token: { kind: 'oauth', value: TOKEN } });

    expect(await problemsOf(connectionTo(setup.fake.origin, { apiKey: API_KEY }, { team: 'NOPE' }))).toEqual([
      expect.stringContaining('There is no team NOPE'),
    ]);
    expect(await problemsOf(connectionTo(setup.fake.origin, { kind: 'oauth', accessToken: TOKEN }))).toEqual([
      expect.stringContaining('sees no team'),
    ]);
  });

  it('says that there is no Linear at the base URL', async () => {
    expect(await problemsOf(connectionTo(`${setup.fake.origin}/wiki`))).toEqual([expect.stringContaining('no Linear API at the base URL')]);
    setup.fake.failNext({ mode: 'html' });
    expect(await problemsOf(connectionTo(setup.fake.origin))).toEqual([expect.stringContaining("not Linear's API")]);
  });

  it('throws when the question could not be asked', async () => {
    setup.fake.failNext({ mode: 'hang' });
    const late = await providerError(verify(connectionTo(setup.fake.origin), 100));
    setup.fake.failNext({ status: 503 });
    const down = await providerError(verify(connectionTo(setup.fake.origin)));

    expect([late.kind, down.kind]).toEqual(['timeout', 'unavailable']);
    expectNoSecret(late, [API_KEY]);
  });
});

describe('the credential form of linear', () => {
  it('takes each form and hides its secret', () => {
    const forms = [{ apiKey: ` ${API_KEY}\n` }, { kind: 'oauth', accessToken: TOKEN }];

    const printed = JSON.stringify(forms.map((form) => linear.credentials.parse(form)));

    expect(printed).not.toContain(API_KEY);
    expect(printed).not.toContain(TOKEN);
  });

  it.each([{}, { apiKey: '' }, { kind: 'oauth', apiKey: API_KEY }, { accessToken: TOKEN }])('refuses %j', (form) => {
    expect(linear.credentials.safeParse(form).success).toBe(false);
  });
});
