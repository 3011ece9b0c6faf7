import type { WebhookRegistrar } from '../../capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { clickupClient } from './client.ts';
import { type ClickupConnection, PROVIDER } from './identity.ts';
import type { Webhook } from './schema.ts';
import { webhookEvents } from './webhook.ts';
import { clickupWorkspace } from './workspace.ts';

/**
 * ClickUp makes the secret with the webhook, so one that should have another is replaced. That holds too for the webhook of a caller that
 * died before it kept the secret: the next one does not know it, and gets a new webhook. In between ClickUp sends nothing; polling serves.
 */
export function clickupWebhookRegistrar(connection: ClickupConnection, deps: AdapterDeps): WebhookRegistrar {
  const client = clickupClient(connection, deps);
  const workspace = clickupWorkspace(connection, client);
  const hooksOf = async (url: string) => (await client.webhooks(await workspace.id())).webhooks.filter((hook) => hook.endpoint === url);

  async function create(url: string): Promise<Webhook> {
    try {
      return (await client.createWebhook(await workspace.id(), { endpoint: url, events: webhookEvents })).webhook;
    } catch (error) {
      if (!(error instanceof ProviderError && error.kind === 'conflict')) throw error;
      throw new ProviderError(
        'conflict',
        `${error.message}. ClickUp shows webhooks only to the user who made them: remove it with the token of that user, or connect with it.`,
        { provider: PROVIDER, status: error.status },
      );
    }
  }

  return {
    async ensureHook({ url, secret }) {
      const existing = await hooksOf(url);
      const kept = existing.find((hook) => isInLine(hook) && hook.secret === secret);
      for (const other of existing) if (other !== kept) await client.removeWebhook(other.id);
      const hook = kept ?? (await create(url));
      return { id: hook.id, url: null, secret: hook.secret };
    },
    async removeHook(url) {
      for (const hook of await hooksOf(url)) await client.removeWebhook(hook.id);
    },
  };
}

/** For the whole Workspace, for our events and not suspended. */
function isInLine(hook: Webhook): boolean {
  const isNarrowed = [hook.space_id, hook.folder_id, hook.list_id, hook.task_id].some((id) => id !== null && id !== undefined);
  const events = [...hook.events].sort().join();
  return !isNarrowed && events === [...webhookEvents].sort().join() && hook.health?.status !== 'suspended';
}
