import { webhookEvents } from './webhook.ts';

/** ClickUp has no page for webhooks of its API; what its automations send is not signed. */
export function clickupWebhookInstructions({ url }: { url: string }): string[] {
  const body = JSON.stringify({ endpoint: url, events: webhookEvents });
  return [
    'Have Signalbox set the webhook up if you can: it does so through the API of ClickUp, with the token of this connection. The steps below do the same by hand.',
    'Find the **Workspace ID**: the digits after `app.clickup.com/` in the address of your Workspace.',
    `Send \`POST https://api.clickup.com/api/v2/team/<Workspace ID>/webhook\` with the header \`Authorization\` (your token; \`Bearer\` before it unless it begins with \`pk_\`), \`Content-Type: application/json\` and the body \`${body}\`.`,
    'ClickUp makes the secret itself: copy `webhook.secret` of the answer into the **webhook secret** of this connection and save it.',
    'Move a task: the webhook must be listed as `active` by `GET https://api.clickup.com/api/v2/team/<Workspace ID>/webhook`.',
  ];
}
