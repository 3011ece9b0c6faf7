import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Container, Probe, Secret, Service } from 'kubernetes-types/core/v1.d.ts';
import { type Side, sides } from '../../../domain/deployment/vocabulary.ts';
import type { Workload } from '../../capabilities/deploy-target.ts';
import type { PlaceConfig } from './identity.ts';
import { CONFIG_VERSION, DIGEST, MANAGED_BY, MANAGER, PLACE, secretName, sideName, WORKLOAD, workloadMark } from './names.ts';

/** What is applied: all that we say of an object, and nothing else, so that the fields of others stay theirs. */

/** The container that runs the revision; others may add more beside it. */
export const CONTAINER = 'app';

/** One replica of a whole service takes traffic from as many ports as it has; the Service has one. */
const SERVICE_PORT = 80;

export function deploymentManifest(workload: Workload, image: string, config: PlaceConfig): Deployment {
  const { place, revision, configVersion, replicas } = workload;
  const name = sideName(place.name, place.side);
  const labels = labelsOf(place.name, place.side, revision.version);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels, annotations: { [DIGEST]: revision.digest, [CONFIG_VERSION]: configVersion } },
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      progressDeadlineSeconds: config.progressWithinSeconds,
      // It cannot be changed later: nothing of it depends on what runs.
      selector: { matchLabels: { [PLACE]: name } },
      // Old replicas serve until new ones are ready.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: {
        metadata: { labels: { ...labels, [WORKLOAD]: workloadMark(revision.digest, configVersion) } },
        spec: {
          containers: [containerOf(place.side, image, secretName(name, configVersion), config)],
          terminationGracePeriodSeconds: config.graceSeconds,
          ...(config.serviceAccount === undefined ? {} : { serviceAccountName: config.serviceAccount }),
          ...(config.imagePullSecrets === undefined ? {} : { imagePullSecrets: config.imagePullSecrets.map((each) => ({ name: each })) }),
        },
      },
    },
  };
}

function containerOf(
  side: Side,
  image: string,
  secret: string,
  { port, command, arguments: args, resources, readiness }: PlaceConfig,
): Container {
  return {
    name: CONTAINER,
    image,
    // Of a Secret: in `env` the cluster would replace what looks like $(NAME).
    envFrom: [{ secretRef: { name: secret } }],
    env: [{ name: 'SIDE', value: side }, ...(port === undefined ? [] : [{ name: 'PORT', value: String(port) }])],
    ...(port === undefined ? {} : { ports: [{ name: 'app', containerPort: port, protocol: 'TCP' }] }),
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(resources === undefined ? {} : { resources: { requests: { ...resources.requests }, limits: { ...resources.limits } } }),
    ...(readiness === undefined || port === undefined ? {} : { readinessProbe: probeOf(readiness, port) }),
  };
}

function probeOf(readiness: NonNullable<PlaceConfig['readiness']>, port: number): Probe {
  const asked = readiness.kind === 'http' ? { httpGet: { path: readiness.path, port } } : { tcpSocket: { port } };
  return { ...asked, periodSeconds: readiness.everySeconds };
}

/** Of both sides at once: a route that names a Service which is not there yet is in force nowhere. */
export function serviceManifests(place: string, port: number): { name: string; manifest: Service }[] {
  return sides.map((side) => {
    const name = sideName(place, side);
    return {
      name,
      manifest: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, labels: labelsOf(place, side, null) },
        spec: { selector: { [PLACE]: name }, ports: [{ name: 'app', port: SERVICE_PORT, targetPort: port, protocol: 'TCP' }] },
      },
    };
  });
}

export function secretManifest({
  place,
  configVersion,
  variables,
}: Pick<Workload, 'place' | 'configVersion' | 'variables'>): Secret & { metadata: { name: string } } {
  const data = Object.fromEntries([...variables].map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
  const name = secretName(sideName(place.name, place.side), configVersion);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: labelsOf(place.name, place.side, null) }, type: 'Opaque', data };
}

function labelsOf(place: string, side: Side, version: string | null): Record<string, string> {
  const label = version === null ? '' : labelValue(version);
  return {
    'app.kubernetes.io/name': place,
    'app.kubernetes.io/instance': sideName(place, side),
    [MANAGED_BY]: MANAGER,
    [PLACE]: sideName(place, side),
    ...(label === '' ? {} : { 'app.kubernetes.io/version': label }),
  };
}

/** Versions are free text, labels are not. */
const labelValue = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
