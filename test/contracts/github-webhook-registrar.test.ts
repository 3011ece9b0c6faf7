import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { github } from '../../src/integrations/providers/github/index.ts';
import { webhookEvents } from '../../src/integrations/providers/github/webhook.ts';
import { githubWebhookRegistrar } from '../../src/integrations/providers/github/webhook-registrar.ts';
import { type GithubSetup, githubSetup } from './github-harness.ts';

const hook = { url: 'https://signalbox.example.com/api/v1/webhooks/github/1', secret: 'whsec-0123456789' };

describe('webhooks at GitHub', () => {
  let setup: GithubSetup;

  beforeEach(async () => {
    setup = await githubSetup();
  });

  afterEach(() => setup.fake.close());

  const registrar = () => githubWebhookRegistrar(setup.connection, setup.deps());

  it('that the token may not manage are forbidden, though GitHub says that there are none', async () => {
    setup.repository.admin = false;

    await expect(registrar().ensureHook(hook)).rejects.toMatchObject({
      kind: 'forbidden',
      message: expect.stringMatching(/admin:repo_hook/),
    });
    await expect(registrar().removeHook(hook.url)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('that call us twice become one', async () => {
    for (const events of [['push'], ['issues']]) setup.repository.addHook({ ...hook, active: true, events });

    await registrar().ensureHook(hook);

    expect(setup.repository.hooks).toMatchObject([{ url: hook.url, events: [...webhookEvents] }]);
  });

  it('made between our look and our write are taken', async () => {
    setup.repository.addHook({ ...hook, secret: 'theirs', active: true, events: [...webhookEvents] });
    setup.fake.failNext({ match: { method: 'GET', path: /\/hooks$/ }, status: 200, body: [] });

    await registrar().ensureHook(hook);

    expect(setup.repository.hooks).toMatchObject([{ url: hook.url, secret: hook.secret }]);
  });

  it.each([
    ['https://api.github.com', 'https://github.com/acme/app/settings/hooks/7'],
    ['https://git.example.com/api/v3', 'https://git.example.com/acme/app/settings/hooks/7'],
    ['https://api.octo.ghe.com', 'https://octo.ghe.com/acme/app/settings/hooks/7'],
    ['https://proxy.example.com', null],
  ])('served by %s are seen at %s', async (baseUrl, page) => {
    const answer = { id: 7, active: true, events: ['push'], config: { url: hook.url } };
    const fetch = async (_url: unknown, init?: RequestInit) => Response.json(init?.method === 'GET' ? [answer] : answer);
    const deps = { ...setup.deps(), fetch: fetch as typeof globalThis.fetch };

    const registered = await githubWebhookRegistrar({ ...setup.connection, baseUrl }, deps).ensureHook(hook);

    expect(registered).toEqual({ id: '7', url: page });
  });

  it('are explained to people: address, content type, every event, and where the secret is', () => {
    const steps = github.webhookInstructions?.({ url: hook.url }).join('\n') ?? '';

    for (const part of [hook.url, 'application/json', 'Secret', 'Pushes', 'Pull requests', 'Workflow runs', 'Workflow jobs', 'deletion']) {
      expect(steps).toContain(part);
    }
  });
});
