import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { nginxTrafficRouter } from './traffic-router.ts';
import { verifyNginx } from './verify.ts';

/** nginx on this machine: a file per route that it includes, and a reload. */
export const nginx = defineProvider({
  id: PROVIDER,
  displayName: 'nginx',
  categories: ['deployment'],
  defaultBaseUrl: null, // where it answers what is in force
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyNginx,
  trafficRouter: nginxTrafficRouter,
});
