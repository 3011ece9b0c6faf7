import { defineProvider } from '../../kit/define-provider.ts';
import { localDeployTarget } from './deploy-target.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { localJobRunner } from './job-runner.ts';
import { verifyLocalRunner } from './verify.ts';

/** Services and jobs on the worker's own machine, where the operator allows that. */
export const localRunner = defineProvider({
  id: PROVIDER,
  displayName: 'Local runner',
  categories: ['deployment'],
  defaultBaseUrl: 'local://this-machine',
  baseUrlSchemes: ['local'],
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyLocalRunner,
  deployTarget: localDeployTarget,
  jobRunner: localJobRunner,
});
