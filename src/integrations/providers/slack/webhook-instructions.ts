/** For people who set the webhook up by hand, one step each, in Markdown. */
export function slackWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'Open your app at https://api.slack.com/apps. Slack signs with a secret of its own: copy **Basic Information → App Credentials → Signing Secret** into the webhook secret of this connection first (`PATCH` with `webhookSecret`).',
    `**Interactivity & Shortcuts**: switch it on, **Request URL** \`${url}\`.`,
    `**Event Subscriptions**: switch it on, **Request URL** \`${url}\`. Slack asks the address at once and shows *Verified*.`,
    'Press **Save Changes**, and reinstall the app where Slack asks for it.',
  ];
}
