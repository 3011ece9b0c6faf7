import type { WebhookRegistrar } from '../../capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { asanaTrouble } from './asana-error.ts';
import { asanaClient } from './client.ts';
import type { AsanaConnection } from './identity.ts';
import { webhookFilters } from './webhook.ts';

/**
 * Asana makes the secret, tells it once and can neither be given another nor asked again: a hook that is there is replaced by one whose
 * secret we know. What happens between the two is not told to us and found by polling. While the call that creates a hook is under way
 * Asana calls the address (the handshake, see `asanaWebhook`).
 */
export function asanaWebhookRegistrar(connection: AsanaConnection, deps: AdapterDeps): WebhookRegistrar {
  const client = asanaClient(connection, deps);

  /** In every workspace: the project of the settings may have been another one. */
  async function removeHook(url: string): Promise<void> {
    const ours: string[] = [];
    for await (const workspace of client.workspaces()) {
      for await (const hook of client.hooks(workspace.gid)) if (hook.target === url) ours.push(hook.gid);
    }
    for (const id of ours) await client.removeHook(id);
  }

  return {
    async ensureHook({ url }) {
      const { project } = connection.settings;
      if (project === undefined) {
        throw asanaTrouble('invalid', 'a webhook watches one project: name it in the settings of the connection (project)');
      }
      await client.project(project);
      await removeHook(url);
      const created = await client.createHook({ resource: project, target: url, filters: webhookFilters });
      return { id: created.data.gid, url: null, secret: created['X-Hook-Secret'] };
    },
    removeHook,
  };
}
