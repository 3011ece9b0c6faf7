import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { haproxyTrafficRouter } from './traffic-router.ts';
import { verifyHaproxy } from './verify.ts';

/** HAProxy through its runtime API: weights and addresses of servers, without a reload. */
export const haproxy = defineProvider({
  id: PROVIDER,
  displayName: 'HAProxy',
  categories: ['deployment'],
  defaultBaseUrl: null, // the socket is theirs
  baseUrlSchemes: ['unix', 'tcp'],
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyHaproxy,
  trafficRouter: haproxyTrafficRouter,
});
