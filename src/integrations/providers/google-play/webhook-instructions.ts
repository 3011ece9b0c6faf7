/** Play sends to a topic of Cloud Pub/Sub, and that pushes on to us: both are set up by people. */
export function webhookInstructions({ url }: { url: string }): string[] {
  return [
    'Leave this out if you like: Google Play sends no news of reviews and rollouts, only of purchases, each of which makes Signalbox look at the app. Without it Signalbox looks by itself. For an app with many purchases it costs more than it brings.',
    'In Google Cloud open **Pub/Sub → Topics**, create a topic, and let `google-play-developer-notifications@system.gserviceaccount.com` publish to it (role *Pub/Sub Publisher*).',
    `Create a subscription of that topic: delivery type **Push**, endpoint \`${url}?token=SECRET\`, where \`SECRET\` is the webhook secret of this connection, percent-encoded. The address must be https, because the secret is part of it; if a proxy stands before Signalbox, keep the query of this path out of its access log.`,
    'Leave **Enable payload unwrapping** off. *Enable authentication* may be on; Signalbox goes by the secret alone.',
    'In Play Console open the app, **Monetize with Play → Monetization setup → Google Play Billing**, enter the name of the topic and press **Send test notification**: Signalbox must show the event `testNotification`.',
  ];
}
