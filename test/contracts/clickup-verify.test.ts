import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyClickup } from '../../src/integrations/providers/clickup/verify.ts';
import { type ClickupSetup, clickupSetup, connectionTo, TOKEN } from './clickup-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';

describe('clickup verify', () => {
  let s: ClickupSetup;
  beforeEach(async () => {
    s = await clickupSetup();
  });
  afterEach(() => s.fake.close());

  const verify = (settings: { teamId?: string } = {}, token = TOKEN, timeoutMs = 5_000) =>
    verifyClickup(connectionTo(s.fake.origin, settings, token), s.deps({ timeoutMs }));
  const problems = async (...input: Parameters<typeof verify>) => {
    const answer = await verify(...input);
    return answer.ok ? [] : answer.problems;
  };

  it('names the account', async () => {
    expect(await verify({ teamId: s.team.id })).toEqual({ ok: true, account: 'Release Bot', expiresAt: null, rateLimit: null });
  });

  it('says which Workspaces there are when it cannot know which is meant, or the one meant is closed', async () => {
    s.fake.world.addTeam('Second', [[s.bot, 3]]);

    expect(await problems()).toEqual([expect.stringMatching(/Acme.*Second.*Workspace ID/)]);
    expect(await problems({ teamId: '77' })).toEqual([expect.stringMatching(/not open to Workspace 77.*Acme/)]);
    expect(await problems({ teamId: s.team.id })).toEqual([]);
  });

  it('says what an account lacks: a Workspace, a Space, membership', async () => {
    s.team.members.set(s.bot.id, 4);
    s.space.members = new Set();
    const lacking = await problems();
    s.team.members.delete(s.bot.id);

    expect(lacking).toEqual([expect.stringContaining('guest'), expect.stringContaining('sees no Space')]);
    expect(await problems()).toEqual([expect.stringContaining('no Workspace')]);
  });

  it('says what to do about a wrong token, and about a base URL that is not ClickUp', async () => {
    expect(await problems({}, 'pk_wrong_token')).toEqual([expect.stringMatching(/Token invalid.*Make a new one/)]);
    s.fake.failNext({ mode: 'html' });
    expect(await problems()).toEqual([expect.stringContaining("not ClickUp's API")]);
  });

  it('throws when the question could not be asked', async () => {
    s.fake.failNext({ mode: 'hang' });
    const late = await providerError(verify({}, TOKEN, 100));
    s.fake.failNext({ status: 503 });
    const down = await providerError(verify());

    expect([late.kind, down.kind]).toEqual(['timeout', 'unavailable']);
    expectNoSecret(late, [TOKEN]);
  });
});
