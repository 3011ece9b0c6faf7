import { type DrivenService, isDriven, isOnTrack, type PlannedService, type TrackService } from '../../domain/deployment/plan.ts';
import type { ServiceSnapshot } from '../../domain/deployment/snapshot.ts';
import type { Revision, Side } from '../../domain/deployment/vocabulary.ts';
import type { KnownService } from '../../services/execution/deployments/deployment-records.ts';
import { placeOf } from '../../services/execution/deployments/driver-service.ts';
import type { DeploymentTaskContext, DeploymentTaskHandler } from '../deployment-context.ts';
import { serviceLock } from './service-look.ts';

/** How everything stands before anything is changed. The first look is kept for ever. */
export const takeSnapshot: DeploymentTaskHandler = {
  locks: (deployment) => deployment.plan.services.map(({ serviceId }) => serviceLock(deployment.plan.environment.id, serviceId)),
  async run(context) {
    const { deployment, services } = context;
    const taken = await services.records.snapshot(deployment);
    if (taken !== null) return { kind: 'completed', output: { snapshotId: taken.id, hash: taken.hash } };
    const known = await services.records.known(deployment);
    const found = await Promise.all(deployment.plan.services.map((service) => snapshotOf(context, service, known.get(service.serviceId))));
    const { id, hash } = await services.records.keepSnapshot(deployment, { services: found });
    return { kind: 'completed', output: { snapshotId: id, hash } };
  },
};

async function snapshotOf(
  context: DeploymentTaskContext,
  service: PlannedService,
  known: KnownService | undefined,
): Promise<ServiceSnapshot> {
  const installed = known?.installed ?? null;
  return {
    ...{ serviceId: service.serviceId, name: service.name, installed },
    ...(await seenOf(context, service, installed)),
    ...{ secrets: known?.secrets ?? {}, schemaVersion: known?.schemaVersion ?? null, commit: installed?.revision.commit ?? null },
  };
}

function seenOf(
  context: DeploymentTaskContext,
  service: PlannedService,
  installed: ServiceSnapshot['installed'],
): Promise<Pick<ServiceSnapshot, 'sides' | 'weights' | 'store'>> {
  if (isOnTrack(service)) return trackSeen(context, service, installed);
  if (isDriven(service)) return sidesSeen(context, service);
  throw new Error(`${service.name} goes nowhere`);
}

async function sidesSeen(
  { deployment, services }: DeploymentTaskContext,
  service: DrivenService,
): Promise<Pick<ServiceSnapshot, 'sides' | 'weights'>> {
  const open = await services.drivers.open(placeOf(deployment, service));
  const look = async (side: Side): Promise<NonNullable<ServiceSnapshot['sides']>[Side]> => {
    const { state, digest, configVersion, replicas } = await open.deployTarget.observe(open.place(side));
    return { state: state.kind, digest, configVersion, replicas };
  };
  const [blue, green, route] = await Promise.all([look('blue'), look('green'), open.traffic?.router.read(open.traffic.route) ?? null]);
  return { sides: { blue, green }, weights: route?.weights ?? null };
}

async function trackSeen(
  { deployment, services }: DeploymentTaskContext,
  { target: { store }, revision }: TrackService,
  installed: ServiceSnapshot['installed'],
): Promise<Pick<ServiceSnapshot, 'sides' | 'weights' | 'store'>> {
  const { appStore, app } = await services.stores.open(deployment.tenantId, store);
  const look = async (of: Revision | null): Promise<NonNullable<ServiceSnapshot['store']>['wanted']> => {
    const seen = of === null ? null : await appStore.findRelease({ app, version: of.version, buildNumber: of.buildNumber ?? null });
    if (seen === null) return null;
    const { version, buildNumbers, state } = seen;
    return { version, buildNumbers, state: state.kind, fraction: 'fraction' in state ? state.fraction : null };
  };
  const shown = { installed: await look(installed?.revision ?? null), wanted: await look(revision) };
  return { sides: null, weights: null, store: { appId: store.appId, track: store.track, ...shown } };
}
