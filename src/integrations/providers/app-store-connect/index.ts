import { defineProvider } from '../../kit/define-provider.ts';
import { ascAppCatalogue } from './app-catalogue.ts';
import { ascAppStore } from './app-store.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { ascSubmissionWithdrawal } from './submission-withdrawal.ts';
import { verifyAsc } from './verify.ts';
import { ascWebhook } from './webhook.ts';
import { ascWebhookInstructions } from './webhook-instructions.ts';

/** App Store Connect: the App Store for iOS, webhooks. */
export const appStoreConnect = defineProvider({
  id: PROVIDER,
  displayName: 'App Store Connect',
  categories: ['store'],
  defaultBaseUrl: 'https://api.appstoreconnect.apple.com',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyAsc,
  appStore: ascAppStore,
  storeTarget: 'APP_STORE',
  submissionWithdrawal: ascSubmissionWithdrawal,
  appCatalogue: ascAppCatalogue,
  webhook: ascWebhook,
  webhookInstructions: ascWebhookInstructions,
});
