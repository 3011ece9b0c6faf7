import type { Sql } from '../../db/client.ts';
import { isStoreTarget, type PlannedTarget, type ServiceTarget } from '../../domain/deployment/target.ts';
import { type ArtifactSource, type EnvironmentKind, homeOf, type ServiceKind } from '../../domain/deployment/vocabulary.ts';
import type { StoreFacts } from '../catalogue/check-store-target.ts';
import type { Problem } from '../service-error.ts';
import type { DeploymentRequest } from './deployment-request.ts';

/* The services of an app as a plan sees them, with their targets. */

/** What the drivers of a target say without being asked anything over the network. */
export interface TargetFacts {
  problems: readonly Problem[];
  sources: readonly ArtifactSource['kind'][] | null;
  /** What the store of the target declares; null = it has none, or it could not be opened, and `problems` says why. */
  store: StoreFacts | null;
}

export interface ServiceRow {
  id: string;
  name: string;
  kind: ServiceKind;
  source: unknown;
  recipe: unknown;
  target: unknown;
}

/** With their targets in the environment. */
export function servicesOf(sql: Sql, tenantId: string, appId: string, environmentId: string): Promise<ServiceRow[]> {
  return sql.rows<ServiceRow>(
    `SELECT s.id, s.name, s.kind, s.source, s.recipe, t.body AS target
     FROM services s LEFT JOIN targets t ON t.tenant_id = s.tenant_id AND t.service_id = s.id AND t.environment_id = ?
     WHERE s.tenant_id = ? AND s.app_id = ? ORDER BY s.name`,
    [environmentId, tenantId, appId],
  );
}

/** A service is named that lives in another kind of environment. */
export function refuseStrangers(
  { services = [], artifacts = [] }: DeploymentRequest,
  { environment, strangers }: { environment: { name: string; kind: EnvironmentKind }; strangers: readonly ServiceRow[] },
  problems: Problem[],
): void {
  const check = (id: string, field: string) => {
    const stranger = strangers.find((service) => service.id === id);
    if (stranger === undefined) return;
    const message = `is ${stranger.name}: services of the kind ${stranger.kind} go to environments of the kind ${homeOf(stranger.kind)}, and ${environment.name} is ${environment.kind}`;
    problems.push({ field, message });
  };
  for (const [index, id] of services.entries()) check(id, `/services/${index}`);
  for (const [index, { serviceId }] of artifacts.entries()) check(serviceId, `/artifacts/${index}/serviceId`);
}

/** null = there is none, or its store cannot be opened, which is a problem of the target. */
export function plannedTarget(body: ServiceTarget | null, facts: StoreFacts | null): PlannedTarget | null {
  if (body === null || !isStoreTarget(body)) return body;
  return facts === null ? null : { store: { ...body.store, ...facts } };
}
