import { createHash } from 'node:crypto';
import type { Database } from '../../../db/client.ts';
import { type DrivenService, isDriven, isOnTrack, type OutsideService, type PlannedService } from '../../../domain/deployment/plan.ts';
import { type Found, preflightRequirements, type ServicePreflight, type VariableFact } from '../../../domain/deployment/preflight.ts';
import { isStoreTarget, migrationsOf } from '../../../domain/deployment/target.ts';
import { matchesPattern } from '../../../domain/deployment/variable-pattern.ts';
import type { Requirement } from '../../../domain/gates/requirement.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { ArtifactStore } from '../../../platform/artifact-store.ts';
import { DecryptError, type Keyring } from '../../../platform/crypto.ts';
import { variableSealContext } from '../../catalogue/variables.ts';
import type { StoreService } from '../stores/store-service.ts';
import type { ConfigurationService } from './configuration-service.ts';
import type { DeploymentContext } from './deployment-source.ts';
import { type DriverService, placeOf } from './driver-service.ts';
import type { HealthService } from './health-service.ts';
import type { MigrationService } from './migration-service.ts';

/** Artifact id → digest that its bytes have, as they should. */
export type HashedArtifacts = Readonly<Record<string, string>>;

export interface PreflightLook {
  requirements: Requirement[];
  /** Those that were given, and those that were read now. */
  hashed: HashedArtifacts;
}

export interface PreflightService {
  /**
   * Everything that must hold before anything is touched. Looks only.
   * @param hashed kept artifacts whose bytes were read before and are what they should be: they are not read again
   */
  look(deployment: DeploymentContext, hashed: HashedArtifacts): Promise<PreflightLook>;
}

interface PreflightDeps {
  db: Database;
  drivers: Pick<DriverService, 'open'>;
  stores: StoreService;
  configurations: Pick<ConfigurationService, 'broughtBack'>;
  migrations: Pick<MigrationService, 'obstacle'>;
  health: Pick<HealthService, 'check'>;
  artifacts: Pick<ArtifactStore, 'open'>;
  keyring: Pick<Keyring, 'open'>;
}

interface VariableRow {
  id: string;
  serviceId: string;
  name: string;
  isSecret: number;
  value: string;
  expiresAt: Date | null;
  sharedWith: string | null;
}

export function createPreflightService(deps: PreflightDeps): PreflightService {
  const { db } = deps;
  return {
    async look(deployment, before) {
      const hashed = { ...before };
      const { plan, tenantId } = deployment;
      const environmentId = plan.environment.id;
      const serviceIds = plan.services.map(({ serviceId }) => serviceId);
      const [variables, locks, digests, [clock]] = await Promise.all([
        variablesOf(db, tenantId, environmentId, serviceIds),
        db.rows<{ serviceId: string; deploymentId: string; displayNumber: number }>(
          `SELECT l.service_id AS serviceId, l.deployment_id AS deploymentId, d.display_number AS displayNumber
           FROM deployment_locks l JOIN deployments d ON d.id = l.deployment_id WHERE l.environment_id = ? AND l.service_id IN (?)`,
          [environmentId, serviceIds],
        ),
        digestsOf(db, tenantId, plan.services),
        db.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now'),
      ]);
      const services = await Promise.all(
        plan.services.map(async (service): Promise<ServicePreflight> => {
          const lock = locks.find(({ serviceId }) => serviceId === service.serviceId);
          return {
            name: service.name,
            required: requiredOf(service),
            variables: variablesFor(deps.keyring, service, variables),
            ...(isDriven(service) ? await valuesFound(deps, deployment, service) : {}),
            artifact: await artifactFound(deps, service, digests, hashed),
            ...(isDriven(service)
              ? await driversFound(deps, deployment, service)
              : { target: await trackFound(deps, deployment, service), traffic: null }),
            schema: await schemaFound(deps, deployment, service),
            lock: lock === undefined ? null : lock.deploymentId === deployment.id ? 'ours' : `DEP-${lock.displayNumber}`,
          };
        }),
      );
      const requirements = preflightRequirements({
        services,
        health: await healthNow(deps, deployment),
        healthWaived: waiverOf(deployment),
        isRollback: deployment.kind === 'ROLLBACK',
        now: clock?.now ?? new Date(Number.NaN),
      });
      return { requirements, hashed };
    },
  };
}

function waiverOf({ kind, overrides }: DeploymentContext): string | null {
  if (kind === 'ROLLBACK') return 'a way back does not wait for health';
  const override = overrides.find(({ check }) => check === 'health');
  return override === undefined ? null : `it may begin all the same: ${override.reason}`;
}

/** With the name of another environment that has the very same secret. */
function variablesOf(db: Database, tenantId: string, environmentId: string, serviceIds: readonly string[]): Promise<VariableRow[]> {
  return db.rows<VariableRow>(
    `SELECT v.id, v.service_id AS serviceId, v.name, v.is_secret AS isSecret, v.value, v.expires_at AS expiresAt,
            (SELECT MIN(e.name) FROM environment_variables o JOIN environments e ON e.id = o.environment_id
             WHERE o.tenant_id = v.tenant_id AND o.fingerprint = v.fingerprint AND o.environment_id <> v.environment_id) AS sharedWith
     FROM environment_variables v WHERE v.tenant_id = ? AND v.environment_id = ? AND v.service_id IN (?) ORDER BY v.service_id`,
    [tenantId, environmentId, ['', ...serviceIds]],
  );
}

/** What a service says for itself wins. Secrets are opened only to be held against their pattern. */
function variablesFor(keyring: PreflightDeps['keyring'], service: PlannedService, rows: readonly VariableRow[]): VariableFact[] {
  const own = new Map(rows.filter((row) => row.serviceId === '' || row.serviceId === service.serviceId).map((row) => [row.name, row]));
  return [...own.values()].map(({ id, name, isSecret, value, expiresAt, sharedWith }) => {
    const pattern = requiredOf(service).find((wanted) => wanted.name === name)?.pattern ?? null;
    const matches =
      pattern === null
        ? null
        : isWellFormed(pattern, () => (isSecret === 1 ? keyring.open(value, variableSealContext(id)).reveal() : value));
    return { name, isSecret: isSecret === 1, matches, expiresAt, sharedWith: isSecret === 1 ? sharedWith : null };
  });
}

/** @returns null where it cannot be told: the secret cannot be opened, or the pattern is none */
function isWellFormed(pattern: string, open: () => string): boolean | null {
  try {
    return matchesPattern(pattern, open());
  } catch (error) {
    if (error instanceof DecryptError) return null;
    throw error;
  }
}

async function digestsOf(db: Database, tenantId: string, services: readonly PlannedService[]): Promise<ReadonlyMap<string, string>> {
  const ids = services.flatMap(({ revision }) => (revision === null ? [] : [revision.artifactId]));
  if (ids.length === 0) return new Map();
  const rows = await db.rows<{ id: string; digest: string }>('SELECT id, digest FROM artifacts WHERE tenant_id = ? AND id IN (?)', [
    tenantId,
    ids,
  ]);
  return new Map(rows.map(({ id, digest }) => [id, digest]));
}

async function artifactFound(
  { artifacts }: PreflightDeps,
  { revision, commit }: PlannedService,
  digests: ReadonlyMap<string, string>,
  hashed: Record<string, string>,
): Promise<Found> {
  if (revision === null) return { ok: true, evidence: `it is built from ${commit}` };
  const digest = digests.get(revision.artifactId);
  if (digest !== revision.digest) return { ok: false, evidence: digest === undefined ? 'it is gone' : `it has become ${digest}` };
  if (revision.source.kind === 'image') {
    const named = revision.source.reference.endsWith(`@${revision.digest}`);
    return { ok: named, evidence: named ? `the image is named by its digest ${digest}` : 'the image is not named by its digest' };
  }
  const opened = await artifacts.open(revision.source.key);
  if (opened === null) return { ok: false, evidence: 'its file is not kept any more' };
  const { sizeBytes } = revision.source;
  const known = hashed[revision.artifactId];
  if (opened.sizeBytes !== sizeBytes || known !== undefined) await opened.body.cancel();
  if (opened.sizeBytes !== sizeBytes) return { ok: false, evidence: `its file has ${opened.sizeBytes} bytes, not ${sizeBytes}` };
  const found = known ?? (await digestOf(opened.body));
  if (found !== revision.digest) return { ok: false, evidence: `the bytes of its file are ${found}, not ${revision.digest}` };
  hashed[revision.artifactId] = found;
  return { ok: true, evidence: `${revision.version} ${digest} is kept` };
}

/** Read to the end, never kept. */
async function digestOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of body) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

async function driversFound(
  { drivers }: PreflightDeps,
  deployment: DeploymentContext,
  service: DrivenService,
): Promise<Pick<ServicePreflight, 'target' | 'traffic'>> {
  const opened = await asFound(async () => {
    const open = await drivers.open(placeOf(deployment, service));
    const checked = await open.deployTarget.check(open.place(service.from?.side ?? 'blue'));
    return checked.ok ? { ok: true, evidence: 'it can be reached and takes it' } : { ok: false, evidence: checked.problems.join('; ') };
  });
  const traffic = await asFound(async () => {
    const open = await drivers.open(placeOf(deployment, service));
    if (open.traffic === null) return { ok: true, evidence: 'it has none' };
    const { weights, why } = await open.traffic.router.read(open.traffic.route);
    return { ok: true, evidence: weights === null ? `it can be reached and shows no weights (${why})` : 'it can be reached' };
  });
  return { target: opened, traffic: service.target.traffic === null ? null : traffic };
}

/** What is built first is asked when it is there. */
async function schemaFound({ migrations }: PreflightDeps, { tenantId }: DeploymentContext, service: PlannedService): Promise<Found | null> {
  const { serviceId, target, revision, from } = service;
  const database = migrationsOf(target);
  if (database === null || revision === null || from?.revision.artifactId === revision.artifactId) return null;
  const { integrationId } = database;
  return asFound(async () => {
    const obstacle = await migrations.obstacle({ tenantId, serviceId, integrationId }, revision);
    return obstacle === null ? { ok: true, evidence: 'nothing that it needs was taken away' } : { ok: false, evidence: obstacle };
  });
}

async function valuesFound(
  { configurations }: PreflightDeps,
  deployment: DeploymentContext,
  service: DrivenService,
): Promise<Pick<ServicePreflight, 'broughtBack'>> {
  const { configVersion = null } = service;
  return configVersion === null ? {} : { broughtBack: await configurations.broughtBack(placeOf(deployment, service), configVersion) };
}

/** Stores have no variables. */
const requiredOf = ({ target }: PlannedService) => (isStoreTarget(target) ? [] : target.requiredVariables);

/** The store shows the app, and has the track. */
async function trackFound({ stores }: PreflightDeps, { tenantId }: DeploymentContext, service: PlannedService): Promise<Found> {
  if (!isOnTrack(service)) throw new Error(`${service.name} goes to drivers, not to a store`);
  const { store } = service.target;
  return asFound(async () => {
    const { appStore, app, displayName } = await stores.open(tenantId, store);
    const listing = await appStore.listing(app);
    if (listing === null) return { ok: false, evidence: `${displayName} shows no app ${store.appId} to these credentials` };
    // Stores with one track ignore what it is called.
    if (listing.tracks.length > 1 && !listing.tracks.includes(store.track)) {
      return { ok: false, evidence: `${store.appId} has no track ${store.track}; it has ${listing.tracks.join(', ')}` };
    }
    return { ok: true, evidence: `${displayName} shows ${listing.name}` };
  });
}

/** What could not be asked is not known. */
async function asFound(look: () => Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ProviderError) return { ok: 'unknown', evidence: error.message };
    throw error;
  }
}

/** Of what drivers run now: the services that are to be changed, and those that they depend on. */
function healthNow({ health }: PreflightDeps, deployment: DeploymentContext): Promise<{ name: string; found: Found }[]> {
  const { services, outside } = deployment.plan;
  const running = [
    ...services.filter(isDriven).flatMap((service) => (service.from === null ? [] : [{ service, side: service.from.side }])),
    ...outside.flatMap((other) => [asService(other)].filter(isDriven).map((service) => ({ service, side: other.side }))),
  ];
  return Promise.all(
    running.map(async ({ service, side }) => ({
      name: service.name,
      found: await asFound(async () => {
        const finding = await health.check(deployment, service, side);
        return finding.healthy ? { ok: true, evidence: 'it is healthy' } : { ok: false, evidence: finding.why };
      }),
    })),
  );
}

/** What stays as it is, as drivers and probes want to see it. */
export const asService = ({ serviceId, name, target }: OutsideService): PlannedService => ({
  ...{ serviceId, name, target, layer: 0, after: [], because: '', revision: null, commit: null, from: null, recipe: null, migrations: [] },
});
