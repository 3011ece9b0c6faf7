/** For people who set the webhook up by hand, one step each, in Markdown. */
export function mondayWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'monday signs only the webhooks of apps, so make an app first: **Developers → Build app** in the menu of your avatar. Webhooks added on a board by hand, or with a personal API token, are not signed and are refused here.',
    'monday signs with a secret of its own: copy **Basic Information → Signing Secret** of the app into the webhook secret of this connection (`PATCH` with `webhookSecret`).',
    'Under **OAuth & Permissions** give the app the scope `webhooks:write`, install it, and get an access token for it.',
    `With that token, call \`create_webhook\` of the API once per board and event, \`change_status_column_value\` first: \`mutation { create_webhook(board_id: <board>, url: "${url}", event: change_status_column_value) { id } }\`. Further events that help: \`change_name\`, \`item_archived\`, \`item_deleted\`, \`item_restored\`.`,
    'monday asks the address at once and makes the webhook only when it answers.',
  ];
}
