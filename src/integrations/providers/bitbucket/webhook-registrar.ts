import type { WebhookRegistrar } from '../../capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { bitbucketClient, type HookInput } from './client.ts';
import type { BitbucketConnection } from './identity.ts';
import type { BitbucketHook } from './schema.ts';
import { webAddress } from './transport.ts';
import { bitbucketEvents } from './webhook.ts';

export function bitbucketWebhookRegistrar(connection: BitbucketConnection, deps: AdapterDeps): WebhookRegistrar {
  const client = bitbucketClient(connection, deps);
  const { workspace, repo } = connection.settings;
  const page = `${webAddress(connection.baseUrl)}/${workspace}/${repo}/admin/webhooks`;

  const hooksTo = async (url: string): Promise<BitbucketHook[]> => {
    const hooks: BitbucketHook[] = [];
    for await (const hook of client.hooks()) if (hook.url === url) hooks.push(hook);
    return hooks;
  };

  return {
    async ensureHook({ url, secret }) {
      const wanted: HookInput = { description: 'Signalbox', url, active: true, events: bitbucketEvents, secret };
      const [first, ...doubles] = await hooksTo(url);
      const hook = first ? await client.updateHook(first.uuid, wanted) : await client.createHook(wanted);
      // Left by attempts that did not see each other; each would deliver everything once more.
      for (const double of doubles) await client.deleteHook(double.uuid);
      return { id: hook.uuid, url: page };
    },
    async removeHook(url) {
      for (const hook of await hooksTo(url)) await client.deleteHook(hook.uuid);
    },
  };
}

/** How a person sets it up in the browser. */
export function bitbucketWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'In Bitbucket open **Repository settings → Webhooks** and choose **Add webhook**.',
    `Enter a title, and as **URL** \`${url}\`.`,
    'As **Secret** enter the webhook secret of this connection. Without it Bitbucket does not sign, and unsigned deliveries are refused.',
    'Keep **Active** on and **Skip certificate verification** off.',
    'Choose **Choose from a full list of triggers**: Repository: *Push*, *Build status created*, *Build status updated*; Pull request: *Created*, *Updated*, *Merged*, *Declined*.',
    'Save. **View requests** on the list of webhooks shows what was delivered and what was answered.',
  ];
}
