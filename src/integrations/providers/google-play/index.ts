import { defineProvider } from '../../kit/define-provider.ts';
import { googlePlayAppStore } from './app-store.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { googlePlayStagedRollout } from './staged-rollout.ts';
import { googlePlayStoreUpload } from './store-upload.ts';
import { verifyGooglePlay } from './verify.ts';
import { googlePlayWebhook } from './webhook.ts';
import { webhookInstructions } from './webhook-instructions.ts';

/** Google Play through the Android Publisher API v3: releases on tracks, staged rollouts, uploads of bundles. */
export const googlePlay = defineProvider({
  id: PROVIDER,
  displayName: 'Google Play',
  categories: ['store'],
  defaultBaseUrl: 'https://androidpublisher.googleapis.com',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyGooglePlay,
  appStore: googlePlayAppStore,
  storeTarget: 'PLAY_STORE',
  stagedRollout: googlePlayStagedRollout,
  storeUpload: googlePlayStoreUpload,
  webhook: googlePlayWebhook,
  webhookInstructions,
});
