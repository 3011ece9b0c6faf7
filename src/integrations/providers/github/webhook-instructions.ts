import { webhookEvents } from './webhook.ts';

/** For people who set the webhook up by hand, one step each, in Markdown. */
export function githubWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'Open the repository at GitHub, then **Settings → Webhooks → Add webhook**. This takes an administrator of the repository.',
    `**Payload URL**: \`${url}\``,
    '**Content type**: `application/json`',
    '**Secret**: the webhook secret of this connection. Without it every delivery is refused.',
    '**SSL verification**: leave it enabled.',
    `**Which events**: choose *Let me select individual events* and tick ${webhookEvents.map((event) => `*${titles[event]}*`).join(', ')}.`,
    'Leave **Active** ticked and press **Add webhook**. GitHub sends a `ping`; *Recent Deliveries* shows whether it was accepted.',
  ];
}

/** As the settings page names the events. */
const titles: Record<(typeof webhookEvents)[number], string> = {
  push: 'Pushes',
  pull_request: 'Pull requests',
  workflow_run: 'Workflow runs',
  workflow_job: 'Workflow jobs',
  create: 'Branch or tag creation',
  delete: 'Branch or tag deletion',
};
