import { defineProvider } from '../../kit/define-provider.ts';
import { sshDeployTarget } from './deploy-target.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { verifySsh } from './verify.ts';

/** Services on a host that is reached by SSH, run by whatever runs services there. */
export const ssh = defineProvider({
  id: PROVIDER,
  displayName: 'SSH',
  categories: ['deployment'],
  defaultBaseUrl: null, // the host is theirs
  baseUrlSchemes: ['ssh'],
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifySsh,
  deployTarget: sshDeployTarget,
});
