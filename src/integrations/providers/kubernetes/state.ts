import type { Deployed, DeployedState } from '../../capabilities/deploy-target.ts';
import type { PlaceConfig } from './identity.ts';
import { CONTAINER } from './manifests.ts';
import { CONFIG_VERSION, DIGEST, MANAGED_BY, MANAGER, WORKLOAD, workloadMark } from './names.ts';
import type { Deployment, Pod } from './schema.ts';

/** What the cluster shows of a place, as a state. Pure; what it does not say is never taken for readiness. */

/** So often in a row a container ends before it counts as failed: it is started again all the same. */
const CRASHES = 5;
/** The cluster tries no further, or would in vain. */
const HOPELESS = new Set(['InvalidImageName', 'ErrImageNeverPull']);
/** Not trouble: every pod passes through them. */
const ORDINARY = new Set(['ContainerCreating', 'PodInitializing']);
const MAX_WHY = 500;

const ABSENT: Deployed = { state: { kind: 'absent' }, digest: null, configVersion: null, replicas: null, addresses: [] };

/** @param pods every pod of the place, those of other workloads among them */
export function deployedFrom(deployment: Deployment | null, pods: readonly Pod[], side: 'blue' | 'green', config: PlaceConfig): Deployed {
  if (deployment === null) return ABSENT;
  const { metadata, spec } = deployment;
  if (metadata.deletionTimestamp) return { ...ABSENT, state: { kind: 'progressing', why: 'what ran there is ending' } };
  const digest = metadata.annotations?.[DIGEST] ?? null;
  const configVersion = metadata.annotations?.[CONFIG_VERSION] ?? null;
  if (!isOurs(deployment) || digest === null || configVersion === null) {
    return { ...ABSENT, state: { kind: 'unknown', raw: `there is a Deployment ${metadata.name} that Signalbox did not make` } };
  }
  const ours = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && pod.metadata.labels?.[WORKLOAD] === workloadMark(digest, configVersion),
  );
  const ready = ours.filter(isReady);
  return {
    state: stateOf(deployment, digest, ours),
    ...{ digest, configVersion },
    // The server fills in 1 where nobody says how many.
    replicas: { wanted: spec.replicas ?? 1, ready: ready.length },
    addresses: addressesOf(ready, side, config),
  };
}

export const isOurs = ({ metadata }: Deployment): boolean => metadata.labels?.[MANAGED_BY] === MANAGER;

function stateOf(deployment: Deployment, digest: string, pods: readonly Pod[]): DeployedState {
  const { metadata, spec, status } = deployment;
  const image = spec.template.spec.containers.find(({ name }) => name === CONTAINER)?.image ?? '';
  if (!image.endsWith(`@${digest}`))
    return { kind: 'unknown', raw: `somebody else changed its image to ${image || 'none'}`.slice(0, MAX_WHY) };
  const wanted = spec.replicas ?? 1;
  if (wanted === 0) return { kind: 'unknown', raw: 'somebody else scaled it to no replicas' };
  if ((status?.observedGeneration ?? -1) < (metadata.generation ?? 0))
    return { kind: 'progressing', why: 'the cluster has not taken it up yet' };
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = numbersOf(status);
  if (updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted) return { kind: 'ready' };
  if (spec.paused === true) return { kind: 'unknown', raw: 'somebody else paused the Deployment' };
  const troubles = pods.map(troubleOf).filter((each) => each !== null);
  const hopeless = troubles.find(({ isHopeless }) => isHopeless);
  if (hopeless !== undefined) return { kind: 'failed', why: hopeless.why };
  const condition = (type: string, value: string) => status?.conditions?.find((each) => each.type === type && each.status === value);
  const refused = condition('ReplicaFailure', 'True');
  const words = [...new Set([...troubles.map(({ why }) => why), ...(refused ? [refused.message ?? refused.reason ?? ''] : [])])].join('; ');
  const stuck = condition('Progressing', 'False');
  if (stuck !== undefined)
    return { kind: 'failed', why: (words || stuck.message || stuck.reason || 'it makes no progress').slice(0, MAX_WHY) };
  const counted = `${Math.min(updatedReplicas, availableReplicas)} of ${wanted} replicas are ready`;
  const old = replicas > updatedReplicas ? `, ${replicas - updatedReplicas} old ones are there` : '';
  return { kind: 'progressing', why: `${counted}${old}${words && `: ${words}`}`.slice(0, MAX_WHY) };
}

function numbersOf(status: Deployment['status']) {
  const { replicas, updatedReplicas, availableReplicas } = status ?? {};
  return { replicas: replicas ?? 0, updatedReplicas: updatedReplicas ?? 0, availableReplicas: availableReplicas ?? 0 };
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;

/** Why a pod is not ready, where it says so. */
function troubleOf({ status }: Pod): { why: string; isHopeless: boolean } | null {
  const unscheduled = status?.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'False');
  if (unscheduled) return { why: `${unscheduled.reason ?? 'not scheduled'}: ${unscheduled.message ?? ''}`, isHopeless: false };
  for (const { name, restartCount, state, lastState } of status?.containerStatuses ?? []) {
    const reason = state?.waiting?.reason;
    if (!reason || ORDINARY.has(reason)) continue;
    const ended = lastState?.terminated;
    const last = ended
      ? `, ended ${restartCount} times, last with exit code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`
      : '';
    const said = state?.waiting?.message ? `: ${state.waiting.message}` : '';
    const isHopeless = HOPELESS.has(reason) || (reason === 'CrashLoopBackOff' && restartCount >= CRASHES);
    return { why: `container ${name} ${reason}${last}${said}`.slice(0, MAX_WHY), isHopeless };
  }
  return null;
}

function addressesOf(ready: readonly Pod[], side: 'blue' | 'green', { port, addresses }: PlaceConfig): string[] {
  if (addresses !== undefined) return ready.length === 0 ? [] : [addresses[side]];
  if (port === undefined) return [];
  const hosts = ready.flatMap(({ status }) => status?.podIP ?? []).sort();
  return hosts.map((host) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
}
