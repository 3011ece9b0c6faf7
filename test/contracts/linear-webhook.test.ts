import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LinearConnection } from '../../src/integrations/providers/linear/identity.ts';
import { linear } from '../../src/integrations/providers/linear/index.ts';
import { linearWebhook } from '../../src/integrations/providers/linear/webhook.ts';
import { linearWebhookRegistrar } from '../../src/integrations/providers/linear/webhook-registrar.ts';
import type { RecordedCall } from '../fakes/fake-server.ts';
import { guardedDeps } from './adapter-harness.ts';
import { API_KEY, connectionTo, type LinearSetup, linearSetup, operation } from './linear-harness.ts';
import { type WebhookRegistrarHarness, webhookRegistrarContract } from './webhook-registrar.contract.ts';
import { type WebhookHarness, type WebhookSample, webhookSourceContract } from './webhook-source.contract.ts';

const SECRET = 'lin_wh_JHxgnYF8Ks2mQ0pLwZ';
const NOW = new Date('2026-11-21T12:00:00Z');

function delivery({ event, payload }: WebhookSample, deliveryId: string, sentAt = NOW.getTime()) {
  const [type, action] = event.split('.');
  const envelope = { type, action, webhookTimestamp: sentAt, webhookId: 'w-1', organizationId: 'o-1', createdAt: NOW.toISOString() };
  const rawBody = Buffer.from(JSON.stringify({ ...envelope, ...(payload as object) }));
  const signature = createHmac('sha256', SECRET).update(rawBody).digest('hex');
  const headers = { 'linear-delivery': deliveryId, 'linear-event': type, 'linear-signature': signature };
  return { headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, rawBody };
}

const issue = { id: 'i-1', identifier: 'APP-1', title: 'Release', state: { name: 'Done', type: 'completed' } };
const updated: WebhookSample = { event: 'Issue.update', payload: { data: issue, updatedFrom: { stateId: 's-1' } } };

webhookSourceContract(
  'linear',
  async (): Promise<WebhookHarness> => ({
    subject: linearWebhook(() => NOW),
    secret: SECRET,
    deliver: (sample, deliveryId) => delivery(sample, deliveryId),
    hints: [
      { name: 'an issue changes', sample: updated, keys: ['ticket:APP-1'] },
      {
        name: 'an issue moves to another team',
        sample: { event: 'Issue.update', payload: { data: { ...issue, identifier: 'WEB-7', previousIdentifiers: ['APP-1'] } } },
        keys: ['ticket:WEB-7', 'ticket:APP-1'],
      },
      { name: 'an issue is deleted', sample: { event: 'Issue.remove', payload: { data: issue } }, keys: ['ticket:APP-1'] },
    ],
    ignored: { event: 'Comment.create', payload: { data: { id: 'c-1', issue: { identifier: 'APP-1' } } } },
    close: async () => undefined,
  }),
);

describe('a delivery of Linear', () => {
  const hours = (count: number) => NOW.getTime() + count * 3_600_000;

  it.each([
    ['sent now', hours(0), true],
    ['retried for the last time, seven hours later', hours(-7.1), true],
    ['of yesterday', hours(-24), false],
    ['of tomorrow', hours(24), false],
  ])('%s: accepted is %s', (_when, sentAt, accepted) => {
    expect(linearWebhook(() => NOW).verify(delivery(updated, 'd-1', sentAt), SECRET)).toBe(accepted);
  });

  it('is told to people with the status the issue has now', () => {
    const [hint] = linearWebhook(() => NOW).parse(delivery(updated, 'd-1')).hints;

    expect(hint?.summary).toBe('Linear: APP-1 update (Done)');
  });
});

async function registrarHarness(): Promise<WebhookRegistrarHarness> {
  const { fake, workspace } = await linearSetup();
  const observed: WebhookRegistrarHarness['observed'] = [];
  return {
    connect: (options) => linearWebhookRegistrar(connectionTo(fake.origin), guardedDeps('linear', observed, options)),
    observed,
    world: {
      get calls() {
        return fake.calls.map(asRest);
      },
      // The suite matches by method and path, of which Linear has one each.
      failNext: (fault) => fake.failNext({ ...fault, ...(fault.match && { match: operation('CreateWebhook') }) }),
      clearFaults: fake.clearFaults,
      hooks: () =>
        fake.world.hooks.map(({ id, url, secret, enabled, resourceTypes }) => ({
          id,
          url,
          secret,
          active: enabled,
          events: resourceTypes,
        })),
      seedHook: ({ url, secret, active, events }) =>
        void fake.world.addHook(workspace, { url, secret, enabled: active, resourceTypes: events }),
      events: ['Issue'],
      otherEvents: ['Comment', 'Project'],
      endpoints: { createHook: { method: 'POST', path: '/graphql' } },
    },
    secret: API_KEY,
    close: fake.close,
  };
}

/** Queries read and mutations write, whatever HTTP calls them. */
function asRest(call: RecordedCall): RecordedCall {
  return /^\s*query/.test(String((call.body as { query?: unknown }).query)) ? { ...call, method: 'GET' } : call;
}

webhookRegistrarContract('linear', registrarHarness);

describe('webhooks at Linear', () => {
  const hook = { url: 'https://signalbox.example.com/api/v1/webhooks/linear/1', secret: 'whsec-0123456789' };
  let setup: LinearSetup;
  beforeEach(async () => {
    setup = await linearSetup();
  });
  afterEach(() => setup.fake.close());

  const registrar = (settings: LinearConnection['settings'] = {}) =>
    linearWebhookRegistrar(connectionTo(setup.fake.origin, { apiKey: API_KEY }, settings), guardedDeps('linear', []));

  it('are for all public teams, or the team of the settings', async () => {
    await registrar().ensureHook(hook);
    await registrar({ team: 'APP' }).ensureHook({ ...hook, url: `${hook.url}0` });

    expect(setup.fake.world.hooks).toMatchObject([
      { allPublicTeams: true, team: null },
      { allPublicTeams: false, team: { key: 'APP' } },
    ]);
  });

  it('of another team are replaced, for Linear does not let them change it', async () => {
    await registrar({ team: 'WEB' }).ensureHook(hook);

    await registrar({ team: 'APP' }).ensureHook(hook);

    expect(setup.fake.world.hooks).toMatchObject([{ url: hook.url, team: { key: 'APP' } }]);
  });

  it('that call us twice become one', async () => {
    for (const resourceTypes of [['Issue'], ['Comment']]) setup.fake.world.addHook(setup.workspace, { ...hook, resourceTypes });

    await registrar().ensureHook(hook);

    expect(setup.fake.world.hooks).toMatchObject([{ url: hook.url, resourceTypes: ['Issue'] }]);
  });

  it('that somebody removes at the same moment are gone', async () => {
    await registrar().ensureHook(hook);

    await Promise.all([registrar().removeHook(hook.url), registrar().removeHook(hook.url)]);

    expect(setup.fake.world.hooks).toEqual([]);
  });

  it('need an administrator', async () => {
    setup.bot.admin = false;

    await expect(registrar().ensureHook(hook)).rejects.toMatchObject({ kind: 'forbidden', message: expect.stringContaining('admin') });
  });

  it('are explained to people: address, events, and where the secret is', () => {
    const steps = linear.webhookInstructions?.({ url: hook.url }).join('\n') ?? '';

    for (const part of [hook.url, 'Issues', 'Signing secret', 'All public teams']) expect(steps).toContain(part);
  });
});
