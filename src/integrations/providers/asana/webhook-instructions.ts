/** For people who set the webhook up by hand, one step each, in Markdown. */
export function asanaWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'Asana has no page for webhooks. The easiest way is to name the **project** in the settings of this connection and have Signalbox set the webhook up.',
    'By hand: take a token of an account that can see the project, and the number of the project from its address.',
    `Send \`POST https://app.asana.com/api/1.0/webhooks\` with the header \`Authorization: Bearer <token>\` and the JSON body \`{"data": {"resource": "<project>", "target": "${url}", "filters": [{"resource_type": "task", "action": "changed", "fields": ["completed", "approval_status"]}, {"resource_type": "task", "action": "added"}, {"resource_type": "task", "action": "removed"}, {"resource_type": "task", "action": "deleted"}, {"resource_type": "task", "action": "undeleted"}]}}\`. Signalbox answers the handshake that Asana makes meanwhile.`,
    'The answer (201) holds `X-Hook-Secret`, shown this once: save it here as the **webhook secret**. The one that Signalbox made cannot be given to Asana.',
  ];
}
