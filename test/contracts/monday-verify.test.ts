import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MondaySettings } from '../../src/integrations/providers/monday/identity.ts';
import { monday } from '../../src/integrations/providers/monday/index.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { connectionTo, depsOf, seeded, TOKEN } from './monday-harness.ts';

describe('monday verify', () => {
  let setup: Awaited<ReturnType<typeof seeded>>;
  beforeEach(async () => {
    setup = await seeded();
  });
  afterEach(() => setup.fake.close());

  const verify = (settings: MondaySettings = {}, token = TOKEN, timeoutMs = 5_000) =>
    monday.verify(connectionTo(setup.fake.origin, settings, token), depsOf({ timeoutMs }), 'project-management');
  const problems = async (...args: Parameters<typeof verify>) => {
    const answer = await verify(...args);
    return answer.ok ? [] : answer.problems;
  };

  it('names the account', async () => {
    const answer = await verify({ boardId: setup.board.id });

    expect(answer).toEqual({ ok: true, account: 'Release Bot', expiresAt: null, rateLimit: null });
    expect(await verify()).toEqual(answer);
  });

  it('says what to do about a wrong token', async () => {
    expect(await problems({}, 'wrong-token-1')).toEqual([expect.stringContaining('Developers → API token')]);
  });

  it('says what to do about a board that is not there, one that may only be viewed, and one without a status', async () => {
    const { fake, board } = setup;
    const bare = fake.world.addBoard({ name: 'Bare' });

    expect(await problems({ boardId: '888888888' })).toEqual([expect.stringContaining('invite the account to the board')]);
    expect(await problems({ boardId: bare.id })).toEqual([expect.stringContaining('no status column on board "Bare"')]);
    board.accessLevel = 'view';
    expect(await problems({ boardId: board.id })).toEqual([expect.stringContaining('may only view board "Releases"')]);
  });

  it('names every setting that names no column', async () => {
    const found = await problems({ boardId: setup.board.id, statusColumn: 'Stage', versionColumn: 'Owner' });

    expect(found).toEqual([expect.stringContaining('statusColumn'), expect.stringContaining('versionColumn')]);
  });

  it('says what an account without rights needs, and what a base URL that is no monday should be', async () => {
    const errors = [{ message: 'User unauthorized', extensions: { code: 'USER_ACCESS_DENIED', status_code: 403 } }];
    setup.fake.failNext({ status: 403, body: { errors } });
    const forbidden = await problems();
    setup.fake.failNext({ mode: 'html' });
    const page = await problems();

    expect(forbidden).toEqual([expect.stringContaining('confirmed e-mail address')]);
    expect(page).toEqual([expect.stringContaining('https://api.monday.com')]);
  });

  it('throws when the question could not be asked', async () => {
    setup.fake.failNext({ mode: 'hang' });
    const late = await providerError(verify({}, TOKEN, 100));
    setup.fake.failNext({ status: 503 });
    const down = await providerError(verify());

    expect([late.kind, down.kind]).toEqual(['timeout', 'unavailable']);
    expectNoSecret(late, [TOKEN]);
  });
});
