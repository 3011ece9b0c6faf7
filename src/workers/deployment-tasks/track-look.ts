import { isOnTrack, type TrackService } from '../../domain/deployment/plan.ts';
import type { StoreRelease } from '../../integrations/capabilities/app-store.ts';
import type { DeploymentContext } from '../../services/execution/deployments/deployment-source.ts';
import type { OpenStore } from '../../services/execution/stores/store-service.ts';
import { deploymentSubmission } from '../../services/execution/stores/submission-place.ts';
import type { WindowStanding } from '../../services/execution/window-service.ts';
import { storeLock } from '../../services/releases/store-lock.ts';
import type { DeploymentTaskContext } from '../deployment-context.ts';
import type { StoreDelivery } from '../store-delivery.ts';
import { serviceLock, serviceOf } from './service-look.ts';

/* What tasks that bring a service to a store see of it. */

/** The service that a task of a deployment is about. */
export function trackOf(what: Pick<DeploymentTaskContext, 'deployment' | 'task'>): TrackService {
  const service = serviceOf(what);
  if (!isOnTrack(service)) throw new Error(`${service.name} goes to drivers, not to a store`);
  return service;
}

/** Of the service, and of the app, which releases lock as well. */
export const trackLocks = (deployment: DeploymentContext, task: DeploymentTaskContext['task']): string[] => {
  const { serviceId, target } = trackOf({ deployment, task });
  return [serviceLock(deployment.plan.environment.id, serviceId), storeLock(target.store)];
};

export const openTrack = ({ deployment, services }: DeploymentTaskContext, { target }: TrackService): Promise<OpenStore> =>
  services.stores.open(deployment.tenantId, target.store);

/** What is to be out there. */
export function revisionOf({ name, revision }: TrackService) {
  if (revision === null) throw new Error(`nothing was built of ${name}`);
  return revision;
}

/** How the store shows the version that the service is to have, on its track. */
export function findRelease({ appStore, app }: OpenStore, service: TrackService): Promise<StoreRelease | null> {
  const { version, buildNumber = null } = revisionOf(service);
  return appStore.findRelease({ app, version, buildNumber });
}

export function windowsOf({ deployment, services }: DeploymentTaskContext, { serviceId, target }: TrackService): Promise<WindowStanding> {
  const { environment, app } = deployment.plan;
  return services.windows.look({
    tenantId: deployment.tenantId,
    subject: { kind: 'deployment', id: deployment.id },
    scope: { environmentId: environment.id, appId: app.id, serviceId, tier: environment.tier, target: target.store.target },
  });
}

export function deliveryOf(context: DeploymentTaskContext, service: TrackService): StoreDelivery {
  const { deployment, services, task } = context;
  const { version, buildNumber = null } = revisionOf(service);
  const store = { ...service.target.store, rolloutPlan: service.target.store.rollout };
  return {
    ...{ place: deploymentSubmission(deployment, service, version, task), store, version },
    windows: () => windowsOf(context, service),
    turn: () => services.turns.toSubmit(deployment, store, version),
    build: () => services.storeBuilds.find(store, { tenantId: deployment.tenantId, version, sha256: null, buildNumber }),
    notes: async () => ({ written: {}, generated: deployment.plan.notes ?? null }),
  };
}
