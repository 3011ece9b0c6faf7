import type { RegisteredHook, WebhookRegistrar } from '../../capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { gitlabClient } from './client.ts';
import type { GitlabConnection } from './identity.ts';
import { collect, eachItem } from './pages.ts';

/** What Signalbox reads, as GitLab names the switches of a hook. */
const ourEvents = ['push_events', 'tag_push_events', 'merge_requests_events', 'pipeline_events', 'job_events', 'releases_events'] as const;

/** The others: a switch that a server does not have is ignored by it. */
const otherEvents = [
  'issues_events',
  'confidential_issues_events',
  'note_events',
  'confidential_note_events',
  'wiki_page_events',
  'deployment_events',
  'feature_flag_events',
  'emoji_events',
  'resource_access_token_events',
  'vulnerability_events',
] as const;

export function gitlabWebhookRegistrar(connection: GitlabConnection, deps: AdapterDeps): WebhookRegistrar {
  const client = gitlabClient(connection, deps);
  const hooksOf = async (url: string) => (await collect(eachItem(client.hooks))).filter((hook) => hook.url === url);
  const toHook = (id: string): RegisteredHook => ({ id, url: editPage(connection, id) });

  return {
    async ensureHook({ url, secret }) {
      const existing = await hooksOf(url);
      const settings = {
        token: secret,
        ...Object.fromEntries(ourEvents.map((event) => [event, true])),
        ...Object.fromEntries(otherEvents.map((event) => [event, false])),
        branch_filter_strategy: 'all_branches',
      };
      // The API cannot switch on again what GitLab has switched off after failures: such a hook is replaced.
      const kept = existing.find((hook) => (hook.alert_status ?? 'executable') === 'executable');
      const hook = kept ? await client.updateHook(kept.id, url, settings) : await client.createHook(url, settings);
      for (const other of existing) if (other.id !== hook.id) await client.removeHook(other.id);
      return toHook(hook.id);
    },
    async removeHook(url) {
      for (const hook of await hooksOf(url)) await client.removeHook(hook.id);
    },
  };
}

/** Known where the connection names the project by its path. */
function editPage({ baseUrl, settings }: GitlabConnection, id: string): string | null {
  return /^\d+$/.test(settings.project) ? null : `${baseUrl}/${settings.project}/-/hooks/${id}/edit`;
}
