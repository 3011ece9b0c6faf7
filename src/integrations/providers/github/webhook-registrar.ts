import type { RegisteredHook, WebhookRegistrar } from '../../capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GithubClient, githubClient } from './client.ts';
import { GithubRefusal, githubTrouble, vanished } from './github-error.ts';
import type { GithubConnection } from './identity.ts';
import { eachItem } from './pages.ts';
import type { GithubHook } from './schema.ts';
import { webhookEvents } from './webhook.ts';

export function githubWebhookRegistrar(connection: GithubConnection, deps: AdapterDeps): WebhookRegistrar {
  const client = githubClient(connection, deps);
  const { owner, repo } = connection.settings;

  const registered = (hook: GithubHook): RegisteredHook => {
    const site = siteOf(connection.baseUrl);
    return { id: hook.id, url: site && `${site}/${owner}/${repo}/settings/hooks/${hook.id}` };
  };
  const find = (url: string) => hooksCalling(client, url, `${owner}/${repo}`);

  return {
    async ensureHook({ url, secret }) {
      const body = { active: true, events: webhookEvents, config: { url, secret, content_type: 'json', insecure_ssl: '0' } } as const;
      const [first, ...others] = await find(url);
      if (!first) {
        const created = await client.createHook(body);
        if (created) return registered(created);
      }
      // Refused as existing: GitHub has one hook of the same address and events at most.
      const hook = first ?? (await find(url))[0] ?? vanished(`the webhook to ${url}`);
      // GitHub shows no secret, so it is set again.
      const updated = await client.updateHook(hook.id, body);
      // Set up by hand for other events, they would deliver everything twice, signed with who knows what.
      for (const other of others) await client.deleteHook(other.id);
      return registered(updated);
    },
    async removeHook(url) {
      for (const hook of await find(url)) await client.deleteHook(hook.id);
    },
  };
}

async function hooksCalling(client: GithubClient, url: string, where: string): Promise<GithubHook[]> {
  const found: GithubHook[] = [];
  try {
    for await (const hook of eachItem(
      (page) => client.hooks(page),
      (hooks) => hooks,
    )) {
      if (hook.config.url === url) found.push(hook);
    }
  } catch (error) {
    // GitHub hides what the token may not manage.
    if (!(error instanceof GithubRefusal && error.kind === 'not-found')) throw error;
    const needed =
      'classic: scope repo or admin:repo_hook of an account that administers it; fine-grained and app: Webhooks read and write';
    throw githubTrouble('forbidden', `the token may not manage the webhooks of ${where} (${needed})`, 404);
  }
  return found;
}

/** Where people see what this API serves; `null` when the address does not tell. */
function siteOf(baseUrl: string): string | null {
  const { origin, hostname, pathname } = new URL(baseUrl);
  if (pathname.replace(/\/$/, '') === '/api/v3') return origin;
  // GitHub.com, and GitHub Enterprise Cloud with data residency (api.<name>.ghe.com).
  return hostname === 'api.github.com' || /^api\.[^.]+\.ghe\.com$/.test(hostname) ? `https://${hostname.slice('api.'.length)}` : null;
}
