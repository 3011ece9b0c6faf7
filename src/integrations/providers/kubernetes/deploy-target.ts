import type { Deployed, DeployTarget, Place, Workload } from '../../capabilities/deploy-target.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { formProblems } from '../../kit/form-problems.ts';
import { type KubernetesClient, kubernetesClient } from './client.ts';
import { type KubernetesConnection, type PlaceConfig, placeSchema, trouble } from './identity.ts';
import { deploymentManifest, secretManifest, serviceManifests } from './manifests.ts';
import { CONFIG_VERSION, MANAGED_BY, MANAGER, PLACE, secretName, sideName } from './names.ts';
import { deploymentRights, rightsProblems } from './rights.ts';
import type { Deployment } from './schema.ts';
import { deployedFrom, isOurs } from './state.ts';

const MAX_REPLICAS = 1000;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function kubernetesDeployTarget(connection: KubernetesConnection, deps: AdapterDeps): DeployTarget {
  const client = kubernetesClient(connection, deps);

  async function look(place: Place, config: PlaceConfig): Promise<Deployed> {
    const name = sideName(place.name, place.side);
    const deployment = await client.deployment(name);
    const pods = deployment === null ? [] : await client.pods(`${PLACE}=${name}`);
    return deployedFrom(deployment, pods, place.side, config);
  }

  return {
    abilities: { sideBySide: true, sources: ['image'], maxReplicas: MAX_REPLICAS, commands: false },
    configProblems: (config) => formProblems(placeSchema, config),

    async check(place) {
      const name = sideName(place.name, place.side);
      const problems = formProblems(placeSchema, place.config).map(({ field, message }) => `${field} ${message}`);
      problems.push(...rightsProblems(await client.rules(), deploymentRights, connection.settings.namespace));
      if (problems.length > 0) return { ok: false, problems };
      // Changes nothing, and tells of a namespace that is not there or takes nothing more.
      const trial = secretManifest({ place, configVersion: 'check', variables: new Map() });
      await client.applySecret(trial.metadata.name, trial, { dryRun: true });
      const there = await client.deployment(name);
      return there === null || isOurs(there) ? { ok: true } : { ok: false, problems: [notOurs(name)] };
    },

    observe: async (place) => look(place, configOf(place)),

    async ensure(workload) {
      const { place } = workload;
      const config = configOf(place);
      const image = imageOf(workload, config);
      const name = sideName(place.name, place.side);
      const there = await client.deployment(name);
      if (there?.metadata.deletionTimestamp) return deployedFrom(there, [], place.side, config);
      if (there !== null && !isOurs(there)) throw trouble('conflict', notOurs(name));
      await bring(client, workload, image, config);
      await removeOldSecrets(client, there, secretName(name, workload.configVersion));
      return look(place, config);
    },

    async ensureAbsent(place, { graceMs }) {
      const config = configOf(place);
      const name = sideName(place.name, place.side);
      const there = await client.deployment(name);
      if (there !== null) {
        if (!isOurs(there)) throw trouble('conflict', notOurs(name));
        if (!there.metadata.deletionTimestamp) await client.deleteDeployment(name);
        await client.deletePods(`${PLACE}=${name}`, Math.max(1, Math.ceil(graceMs / 1000)));
      }
      for (const secret of await client.secrets(ours(name))) await client.deleteSecret(secret);
      return look(place, config);
    },

    async run() {
      throw trouble('invalid', 'commands do not run beside a workload there');
    },
  };
}

/** The Deployment last: whatever it names is there then. Killed in between, all of it is done again. */
async function bring(client: KubernetesClient, workload: Workload, image: string, config: PlaceConfig): Promise<void> {
  const { place } = workload;
  if (config.port !== undefined) {
    for (const { name, manifest } of serviceManifests(place.name, config.port)) await client.applyService(name, manifest);
  }
  const secret = secretManifest(workload);
  await client.applySecret(secret.metadata.name, secret);
  const deployment = deploymentManifest(workload, image, config);
  await client.applyDeployment(sideName(place.name, place.side), deployment);
}

/** Pods of what ran before start again with their own Secret while they are replaced; what was before that is needed by nobody. */
async function removeOldSecrets(client: KubernetesClient, before: Deployment | null, current: string): Promise<void> {
  if (before === null) return;
  const { name, annotations } = before.metadata;
  const kept = new Set([current, secretName(name, annotations?.[CONFIG_VERSION] ?? '')]);
  const { replicas, updatedReplicas, observedGeneration } = before.status ?? {};
  // Still under way from a version of its own: a third one runs as well.
  if (replicas !== updatedReplicas || (observedGeneration ?? 0) < (before.metadata.generation ?? 0)) return;
  for (const secret of await client.secrets(ours(name))) if (!kept.has(secret)) await client.deleteSecret(secret);
}

const ours = (name: string) => `${PLACE}=${name},${MANAGED_BY}=${MANAGER}`;

const notOurs = (name: string) => `there is a Deployment ${name} that Signalbox did not make: rename or remove it`;

function configOf(place: Place): PlaceConfig {
  const parsed = placeSchema.safeParse(place.config);
  if (parsed.success) return parsed.data;
  const problems = formProblems(placeSchema, place.config).map(({ field, message }) => `${field} ${message}`);
  throw trouble('invalid', `the config of the target is wrong: ${problems.join('; ')}`);
}

/** @throws ProviderError invalid where the workload cannot run there */
function imageOf({ revision, replicas, variables, configVersion }: Workload, { port }: PlaceConfig): string {
  const { source, digest } = revision;
  if (source.kind !== 'image') throw trouble('invalid', 'archives do not run there, only container images');
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw trouble('invalid', 'the digest of the artifact is none of SHA-256');
  if (!source.reference.endsWith(`@${digest}`))
    throw trouble('invalid', `the image ${source.reference} is not the one of the digest ${digest}`);
  if (replicas < 1 || replicas > MAX_REPLICAS) throw trouble('invalid', `1 to ${MAX_REPLICAS} replicas run there`);
  if (configVersion.length > 256) throw trouble('invalid', 'the config version is too long');
  for (const name of variables.keys()) {
    if (!VARIABLE.test(name)) throw trouble('invalid', `${name.slice(0, 100)} cannot be the name of a variable`);
    if (name === 'SIDE' || (name === 'PORT' && port !== undefined)) throw trouble('invalid', `the variable ${name} is set here`);
  }
  return source.reference;
}
