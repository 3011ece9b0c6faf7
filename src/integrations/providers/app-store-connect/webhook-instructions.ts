import { webhookEvents } from './webhook.ts';

/** App Store Connect has a webhook per app; there is none for the whole account. */
export function ascWebhookInstructions({ url }: { url: string }): string[] {
  const [versions, uploads] = webhookEvents;
  return [
    'In App Store Connect open **Users and Access → Integrations → Webhooks** (Account Holder or Admin) and add a webhook. Apple keeps one per app: repeat these steps for each app that releases go out in.',
    'Choose the app and give the webhook a name.',
    `As **Payload URL** enter \`${url}\`.`,
    'As **Secret** enter the **webhook secret** of this connection, the same one for every app.',
    `As events choose **App Version Status** (\`${versions}\`) and **Build Upload Status** (\`${uploads}\`); Signalbox stores others and ignores them.`,
    'Save it and send a test notification: it must be shown as delivered.',
  ];
}
