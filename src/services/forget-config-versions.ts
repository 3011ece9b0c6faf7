import type { Database } from '../db/client.ts';
import { parseJson } from '../db/schema/columns.ts';
import type { DeploymentPlan } from '../domain/deployment/plan.ts';
import { SNAPSHOTS_LOOKED_BACK, type Snapshot } from '../domain/deployment/snapshot.ts';

const BATCH = 100;

/**
 * Forgets the values of config versions that nothing leads back to: no running service, no deployment that still has a lock, none of an environment's snapshots
 * that a rollback would look at. Whatever was brought somewhere, or planned to be, within a day stays: what refers to it may not be written yet.
 */
export async function forgetConfigVersions(db: Database): Promise<void> {
  for (let after: [string, string] = ['', '']; ; ) {
    const environments = await db.rows<{ tenantId: string; environmentId: string }>(
      `SELECT DISTINCT tenant_id AS tenantId, environment_id AS environmentId FROM config_versions
       WHERE kept_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY AND (tenant_id, environment_id) > (?, ?)
       ORDER BY tenant_id, environment_id LIMIT ${BATCH}`,
      after,
    );
    for (const { tenantId, environmentId } of environments) await forgetIn(db, tenantId, environmentId);
    const last = environments.at(-1);
    if (last === undefined || environments.length < BATCH) return;
    after = [last.tenantId, last.environmentId];
  }
}

async function forgetIn(db: Database, tenantId: string, environmentId: string): Promise<void> {
  // Read first: what comes to refer to one of them later makes it young again.
  const old = await db.rows<{ id: string; serviceId: string; version: string }>(
    `SELECT id, service_id AS serviceId, version FROM config_versions
     WHERE tenant_id = ? AND environment_id = ? AND kept_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY`,
    [tenantId, environmentId],
  );
  const referred = await referredIn(db, tenantId, environmentId);
  const unreferred = old.filter(({ serviceId, version }) => !referred.has(`${serviceId} ${version}`)).map(({ id }) => id);
  for (let at = 0; at < unreferred.length; at += BATCH) {
    await db.run('DELETE FROM config_versions WHERE id IN (?) AND kept_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY', [
      unreferred.slice(at, at + BATCH),
    ]);
  }
}

/** `<service id> <version>` */
async function referredIn(db: Database, tenantId: string, environmentId: string): Promise<ReadonlySet<string>> {
  const [installed, locked, snapshots] = await Promise.all([
    db.rows<{ serviceId: string; version: string }>(
      'SELECT service_id AS serviceId, config_version AS version FROM installed_services WHERE tenant_id = ? AND environment_id = ?',
      [tenantId, environmentId],
    ),
    db.rows<{ plan: unknown; serviceId: string; version: string | null }>(
      `SELECT d.plan, s.service_id AS serviceId, s.config_version AS version
       FROM deployment_locks l JOIN deployments d ON d.id = l.deployment_id
            JOIN service_deployments s ON s.tenant_id = d.tenant_id AND s.deployment_id = d.id AND s.service_id = l.service_id
       WHERE l.tenant_id = ? AND l.environment_id = ?`,
      [tenantId, environmentId],
    ),
    db.rows<{ content: unknown }>(
      `SELECT content FROM snapshots WHERE tenant_id = ? AND environment_id = ? ORDER BY deployment_id DESC LIMIT ${SNAPSHOTS_LOOKED_BACK}`,
      [tenantId, environmentId],
    ),
  ]);
  const plans = locked.flatMap(({ plan }) => (parseJson(plan) as DeploymentPlan).services);
  const pairs: [string, string | null | undefined][] = [
    ...[...installed, ...locked].map(({ serviceId, version }): [string, string | null] => [serviceId, version]),
    ...plans.flatMap(({ serviceId, from, configVersion }): [string, string | null | undefined][] => [
      [serviceId, from?.configVersion],
      [serviceId, configVersion],
    ]),
    ...snapshots
      .flatMap(({ content }) => (parseJson(content) as Snapshot).services)
      .map((service): [string, string | undefined] => [service.serviceId, service.installed?.configVersion]),
  ];
  return new Set(pairs.map(([serviceId, version]) => `${serviceId} ${version}`));
}
