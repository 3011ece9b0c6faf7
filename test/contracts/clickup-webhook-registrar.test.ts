import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import { webhookEvents } from '../../src/integrations/providers/clickup/webhook.ts';
import { clickupWebhookRegistrar } from '../../src/integrations/providers/clickup/webhook-registrar.ts';
import { guardedDeps } from './adapter-harness.ts';
import { type ClickupSetup, clickupSetup, TOKEN } from './clickup-harness.ts';
import { providerError } from './contract-case.ts';
import { type WebhookRegistrarHarness, webhookRegistrarContract } from './webhook-registrar.contract.ts';

async function harness(): Promise<WebhookRegistrarHarness> {
  const { fake, bot, team, connection } = await clickupSetup();
  const observed: ProviderCall[] = [];
  return {
    connect: (options) => clickupWebhookRegistrar(connection, guardedDeps('clickup', observed, options)),
    observed,
    secret: TOKEN,
    world: {
      calls: fake.calls,
      failNext: fake.failNext,
      clearFaults: fake.clearFaults,
      hooks: () =>
        [...fake.world.hooks.values()].map(({ id, endpoint, secret, status, events }) => ({
          ...{ id, url: endpoint, secret, active: status === 'active' },
          events,
        })),
      seedHook: ({ url, secret, active, events }) =>
        void fake.world.addHook({ owner: bot, team, endpoint: url, secret, status: active ? 'active' : 'suspended', events }),
      events: [...webhookEvents],
      otherEvents: ['listCreated'],
      endpoints: { createHook: { method: 'POST', path: /\/webhook$/ } },
    },
    close: fake.close,
  };
}

webhookRegistrarContract('clickup', harness, {
  skip: [
    {
      reason:
        'ClickUp makes the secret with the webhook: the registrar answers it, and replaces a webhook whose secret is not the one given',
      tests: [
        'a hook is made for our events, with the secret',
        'a hook ensured twice is one, and the second time sets the secret, which no provider shows',
        'a hook that a person switched off or narrowed is brought in line, and those of others stay',
        'one hook is found among three pages of others',
      ],
    },
  ],
});

const url = 'https://signalbox.example.com/api/v1/webhooks/clickup/1';

describe('webhooks at ClickUp', () => {
  let s: ClickupSetup;
  beforeEach(async () => {
    s = await clickupSetup();
  });
  afterEach(() => s.fake.close());

  const registrar = () => clickupWebhookRegistrar(s.connection, s.deps());
  const hooks = () => [...s.fake.world.hooks.values()];

  it('are made for the whole Workspace and our events, and their secret is told', async () => {
    const made = await registrar().ensureHook({ url, secret: 'ours' });

    expect(hooks()).toMatchObject([{ id: made.id, endpoint: url, events: [...webhookEvents], listId: null, secret: made.secret }]);
    expect(made.secret).not.toBe('ours');
  });

  it('stay as they are when asked for with the secret they have', async () => {
    const { secret = '' } = await registrar().ensureHook({ url, secret: 'ours' });
    const before = hooks();

    const again = await registrar().ensureHook({ url, secret });

    expect(again.secret).toBe(secret);
    expect(hooks()).toEqual(before);
  });

  it('sign with a new secret when asked for with another one, as after a rotation or a lost answer', async () => {
    const first = await registrar().ensureHook({ url, secret: 'ours' });

    const second = await registrar().ensureHook({ url, secret: 'whsec-rotated' });

    expect(second.secret).not.toBe(first.secret);
    expect(hooks()).toMatchObject([{ id: second.id, secret: second.secret }]);
  });

  it.each([
    ['is suspended', { status: 'suspended' }],
    ['hears other events', { events: ['listCreated'] }],
    ['hears of one List only', { listId: 7 }],
  ])('are replaced where the one that calls us %s, and those of others stay', async (_when, drift) => {
    const common = { owner: s.bot, team: s.team, events: [...webhookEvents], secret: 'known' };
    s.fake.world.addHook({ ...common, endpoint: 'https://ci.example.com/hook' });
    s.fake.world.addHook({ ...common, endpoint: url, ...drift });

    const hook = await registrar().ensureHook({ url, secret: 'known' });

    expect(hooks()).toMatchObject([
      { endpoint: 'https://ci.example.com/hook' },
      { id: hook.id, endpoint: url, status: 'active', events: [...webhookEvents], listId: null, secret: hook.secret },
    ]);
  });

  it('of another user, which ClickUp does not show, are a conflict that says whose token removes them', async () => {
    const other = s.fake.world.addUser({ username: 'Ann' });
    s.fake.world.addHook({ owner: other, team: s.team, endpoint: url, events: [...webhookEvents] });

    const error = await providerError(registrar().ensureHook({ url, secret: 'ours' }));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('token of that user') });
  });

  it('of a Workspace that is closed to the token are forbidden', async () => {
    s.team.members.delete(s.bot.id);

    expect((await providerError(registrar().ensureHook({ url, secret: 'ours' }))).kind).toBe('forbidden');
  });
});
