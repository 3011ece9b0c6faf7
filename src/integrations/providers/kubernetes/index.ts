import { defineProvider } from '../../kit/define-provider.ts';
import { kubernetesDeployTarget } from './deploy-target.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { kubernetesTrafficRouter } from './traffic-router.ts';
import { verifyKubernetes } from './verify.ts';

/** Services as Deployments of a namespace; traffic by HTTPRoutes of the Gateway API. */
export const kubernetes = defineProvider({
  id: PROVIDER,
  displayName: 'Kubernetes',
  categories: ['deployment'],
  defaultBaseUrl: null, // the cluster is theirs
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyKubernetes,
  deployTarget: kubernetesDeployTarget,
  trafficRouter: kubernetesTrafficRouter,
});
