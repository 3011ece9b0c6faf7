import { ulid } from 'ulid';
import type { Database, Tx } from '../../../db/client.ts';
import type { ArtifactSource } from '../../../domain/deployment/vocabulary.ts';
import { writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { ArtifactStore } from '../../../platform/artifact-store.ts';
import { storedMigrations } from '../../artifacts/artifacts.ts';
import { readMigrations } from '../../artifacts/read-migrations.ts';
import type { DeploymentContext } from './deployment-source.ts';
import type { KeptFile } from './recipe-service.ts';

/** Which service of which deployment. */
export interface BuiltPlace {
  deployment: Pick<DeploymentContext, 'id' | 'tenantId'>;
  serviceId: string;
}

/** What an artifact is made of. */
export interface BuildOrigin {
  commit: string;
  recipeHash: string;
}

export interface BuiltArtifact {
  id: string;
  version: string;
  digest: string;
}

/** Artifacts that deployments build themselves. */
export interface BuiltArtifactService {
  /** What the deployment has of the service already; null = nothing yet. */
  taken(place: BuiltPlace): Promise<BuiltArtifact | null>;
  /** Takes what was built from the same commit by the same recipe before; null = nothing was. */
  takeKnown(place: BuiltPlace, origin: BuildOrigin): Promise<BuiltArtifact | null>;
  /**
   * Makes a kept `.tar.gz` an artifact of the service, with the migrations in it, and the deployment's. Bytes that are known are the artifact they are.
   * @throws ServiceError invalid where it is no such archive, or its migrations do not say their class
   */
  register(place: BuiltPlace, origin: BuildOrigin, file: KeptFile): Promise<BuiltArtifact>;
}

const VERSION_DIGITS = 12;

export function createBuiltArtifactService({ db, artifacts }: { db: Database; artifacts: ArtifactStore }): BuiltArtifactService {
  return {
    async taken({ deployment, serviceId }) {
      const [row] = await db.rows<BuiltArtifact>(
        `SELECT a.id, a.version, a.digest FROM service_deployments s JOIN artifacts a ON a.tenant_id = s.tenant_id AND a.id = s.artifact_id
         WHERE s.tenant_id = ? AND s.deployment_id = ? AND s.service_id = ?`,
        [deployment.tenantId, deployment.id, serviceId],
      );
      return row ?? null;
    },

    takeKnown: (place, { commit, recipeHash }) =>
      db.transact(async (tx) => {
        const [known] = await tx.rows<BuiltArtifact>(
          `SELECT id, version, digest FROM artifacts
           WHERE tenant_id = ? AND service_id = ? AND commit_sha = ? AND recipe_hash = ? ORDER BY id DESC LIMIT 1`,
          [place.deployment.tenantId, place.serviceId, commit, recipeHash],
        );
        if (known !== undefined) await take(tx, place, known, 'it was built from this commit before');
        return known ?? null;
      }),

    async register(place, { commit, recipeHash }, { key, sizeBytes, sha256 }) {
      const { deployment, serviceId } = place;
      const file = await artifacts.open(key);
      if (file === null) throw new Error(`what was built of ${serviceId} is gone`);
      const migrations = storedMigrations({ migrations: await readMigrations(file.body) });
      const source: ArtifactSource = { kind: 'kept', key, sizeBytes };
      const digest = `sha256:${sha256}`;
      const { artifact, isNew } = await db.transact(async (tx) => {
        const inserted = await tx.run(
          `INSERT IGNORE INTO artifacts (id, tenant_id, service_id, version, digest, commit_sha, source, recipe_hash, migrations) VALUES (?)`,
          [
            [
              ...[ulid(), deployment.tenantId, serviceId, commit.slice(0, VERSION_DIGITS), digest, commit],
              ...[JSON.stringify(source), recipeHash, JSON.stringify(migrations)],
            ],
          ],
        );
        const [row] = await tx.rows<BuiltArtifact>(
          'SELECT id, version, digest FROM artifacts WHERE tenant_id = ? AND service_id = ? AND digest = ? FOR UPDATE',
          [deployment.tenantId, serviceId, digest],
        );
        if (row === undefined) throw new Error(`the artifact ${digest} is gone`);
        await take(tx, place, row, inserted === 1 ? 'it was built' : 'these very bytes are known');
        return { artifact: row, isNew: inserted === 1 };
      });
      if (!isNew) await removeUnnamed(key, artifact.id);
      return artifact;
    },
  };

  /** An attempt before may have registered this very file. */
  async function removeUnnamed(key: string, artifactId: string): Promise<void> {
    const [row] = await db.rows<{ source: unknown }>('SELECT source FROM artifacts WHERE id = ?', [artifactId]);
    const named = typeof row?.source === 'string' ? row.source : JSON.stringify(row?.source);
    if (!named.includes(JSON.stringify(key))) await artifacts.remove(key);
  }
}

async function take(tx: Tx, { deployment, serviceId }: BuiltPlace, { id, version, digest }: BuiltArtifact, why: string): Promise<void> {
  const { id: scopeId, tenantId } = deployment;
  const changed = await tx.run(
    'UPDATE service_deployments SET artifact_id = ? WHERE tenant_id = ? AND deployment_id = ? AND service_id = ? AND artifact_id IS NULL',
    [id, tenantId, scopeId, serviceId],
  );
  if (changed === 0) return;
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId, entityType: 'deployment', entityId: scopeId, action: 'UPDATE', actor: engineActor, why },
      items: [{ field: `artifact:${serviceId}`, before: null, after: `${version} ${digest}` }],
    },
  ]);
}
