import type { RegisteredHook, WebhookRegistrar } from '../../capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type LinearClient, linearClient } from './client.ts';
import type { LinearConnection } from './identity.ts';
import { isAbsent, linearTrouble } from './linear-error.ts';
import type { LinearWebhook } from './schema.ts';
import { webhookResources } from './webhook.ts';

export function linearWebhookRegistrar(connection: LinearConnection, deps: AdapterDeps): WebhookRegistrar {
  const client = linearClient(connection, deps);
  const { team } = connection.settings;

  return {
    async ensureHook({ url, secret }) {
      const teamId = team === undefined ? null : await idOf(client, team);
      const found = await hooksCalling(client, url);
      const wanted = { url, secret, enabled: true, resourceTypes: webhookResources };
      // Linear does not let a hook change its teams.
      const ours = found.find((hook) => hook.allPublicTeams || (teamId !== null && hook.team?.id === teamId));
      const id = ours
        ? ours.id
        : await create(client, { ...wanted, label: 'Signalbox', ...(teamId ? { teamId } : { allPublicTeams: true }) });
      if (ours) await client.updateWebhook(id, wanted);
      // They would deliver everything twice, signed with who knows what.
      for (const other of found) if (other.id !== id) await remove(client, other.id);
      return registered(id);
    },

    async removeHook(url) {
      for (const hook of await hooksCalling(client, url)) await remove(client, hook.id);
    },
  };
}

/** Linear's settings list all hooks on one page, which has no address that we could know. */
const registered = (id: string): RegisteredHook => ({ id, url: null });

async function create(client: LinearClient, input: Record<string, unknown>): Promise<string> {
  return (await client.createWebhook(input)).id;
}

/** Somebody may have removed it first. */
async function remove(client: LinearClient, id: string): Promise<void> {
  try {
    await client.deleteWebhook(id);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function idOf(client: LinearClient, key: string): Promise<string> {
  const team = await client.team(key);
  if (!team) throw linearTrouble('not-found', `team ${key} of the settings does not exist or is not visible to the account`);
  return team.id;
}

async function hooksCalling(client: LinearClient, url: string): Promise<LinearWebhook[]> {
  const found: LinearWebhook[] = [];
  for await (const hook of client.webhooks()) if (hook.url === url) found.push(hook);
  return found;
}
