/** For people who set the webhook up by hand, one step each, in Markdown. */
export function linearWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'Open **Settings → Administration → API** in Linear and press **New webhook**. This takes an administrator of the workspace.',
    'Give it a **Label**, such as `Signalbox`.',
    `**URL**: \`${url}\`. Linear calls public HTTPS addresses only.`,
    'Tick **Issues** under **Data change events**, and nothing else.',
    'Choose **All public teams**, or the one team of your releases. A private team needs a webhook of its own.',
    'Copy the **Signing secret** that Linear shows and save it as the webhook secret of this connection: Linear makes it, you cannot choose it here.',
    'Press **Create webhook**.',
  ];
}
