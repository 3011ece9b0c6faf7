import { isValid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type DependencyEdge, findCycle } from '../../domain/deployment/order.ts';
import { pathRuleProblem } from '../../domain/deployment/path-rule.ts';
import type { RecipeStep, ServiceRecipe } from '../../domain/deployment/plan.ts';
import { type DependencyKind, type EnvironmentKind, homeOf, type ServiceKind } from '../../domain/deployment/vocabulary.ts';
import { groupBy } from '../releases/group-by.ts';
import { conflict, type Problem } from '../service-error.ts';
import type { CatalogueKind } from './entry.ts';

export interface ServiceBody {
  appId: string;
  name: string;
  kind: ServiceKind;
  /** Where it is kept, and which files are its own; null = it changes by its artifacts only. */
  source: { integrationId: string; paths: string[] } | null;
  recipe: ServiceRecipe | null;
  dependsOn: { serviceId: string; kind: DependencyKind }[];
}

export const services: CatalogueKind<ServiceBody> = {
  table: 'services',
  title: 'The service',
  readPermission: 'config:read',
  writePermission: 'config:write',
  columns: ['app_id', 'name', 'kind', 'source', 'recipe'],
  values: ({ appId, name, kind, source, recipe }) => [
    ...[appId, name, kind],
    ...[source, recipe].map((value) => (value === null ? null : JSON.stringify(value))),
  ],
  filters: ['app_id'],
  async bodies(sql, tenantId, rows) {
    const dependencies = groupBy(await readDependencies(sql, tenantId, rows), ({ from }) => from);
    return rows.map((row) => ({
      appId: row.app_id as string,
      name: row.name as string,
      kind: row.kind as ServiceKind,
      source: row.source === null ? null : (parseJson(row.source) as ServiceBody['source']),
      recipe: row.recipe === null ? null : (parseJson(row.recipe) as ServiceRecipe),
      dependsOn: (dependencies.get(row.id) ?? []).map(({ to, kind }) => ({ serviceId: to, kind })),
    }));
  },
  async problems(tx, { tenantId }, body, id) {
    const problems = [...(await appProblems(tx, tenantId, body, id)), ...(await connectionProblems(tx, tenantId, body))];
    problems.push(...pathProblems(body));
    return [...problems, ...(await kindProblems(tx, tenantId, body, id)), ...(await dependencyProblems(tx, tenantId, body, id))];
  },
  async writeParts(tx, tenantId, id, { dependsOn }) {
    await tx.run('DELETE FROM service_dependencies WHERE tenant_id = ? AND service_id = ?', [tenantId, id]);
    if (dependsOn.length === 0) return;
    await tx.run('INSERT INTO service_dependencies (tenant_id, service_id, depends_on_id, kind) VALUES ?', [
      dependsOn.map((dependency) => [tenantId, id, dependency.serviceId, dependency.kind]),
    ]);
  },
  async demandUnused(tx, { tenantId }, id) {
    const used = await tx.rows<{ what: string }>(
      `(SELECT CONCAT('the service ', s.name, ' depends on it') AS what FROM service_dependencies d JOIN services s ON s.id = d.service_id
        WHERE d.tenant_id = ? AND d.depends_on_id = ? LIMIT 5)
       UNION ALL (SELECT CONCAT('it has a target in ', e.name) FROM targets t JOIN environments e ON e.id = t.environment_id
        WHERE t.tenant_id = ? AND t.service_id = ? LIMIT 5)
       UNION ALL (SELECT CONCAT('it has the artifact ', version) FROM artifacts WHERE tenant_id = ? AND service_id = ? ORDER BY id DESC LIMIT 1)`,
      [tenantId, id, tenantId, id, tenantId, id],
    );
    if (used.length > 0) throw conflict(`The service cannot go: ${used.map(({ what }) => what).join(', ')}.`);
  },
  removeParts: async (tx, tenantId, id) => {
    await tx.run('DELETE FROM service_dependencies WHERE tenant_id = ? AND service_id = ?', [tenantId, id]);
  },
};

const readDependencies = (sql: Sql, tenantId: string, rows: readonly { id: string }[]) =>
  sql.rows<DependencyEdge>(
    `SELECT service_id AS \`from\`, depends_on_id AS \`to\`, kind FROM service_dependencies WHERE tenant_id = ? AND service_id IN (?)
     ORDER BY service_id, depends_on_id, kind`,
    [tenantId, rows.map(({ id }) => id)],
  );

function pathProblems({ source }: ServiceBody): Problem[] {
  return (source?.paths ?? []).flatMap((rule, index) => {
    const message = pathRuleProblem(rule);
    return message === null ? [] : [{ field: `/source/paths/${index}`, message }];
  });
}

/** Its targets, and what runs of it, are of the kind of environment it had. */
async function kindProblems(tx: Tx, tenantId: string, { kind }: ServiceBody, id: string): Promise<Problem[]> {
  const [there] = await tx.rows<{ name: string; kind: EnvironmentKind }>(
    `SELECT e.name, e.kind FROM targets t JOIN environments e ON e.id = t.environment_id
     WHERE t.tenant_id = ? AND t.service_id = ? AND e.kind <> ? ORDER BY e.name LIMIT 1`,
    [tenantId, id, homeOf(kind)],
  );
  if (there === undefined) return [];
  return [
    { field: '/kind', message: `cannot become ${kind}: the service has a target in ${there.name}, which is of the kind ${there.kind}` },
  ];
}

/** An app's services stay its own: what was deployed of one would be found nowhere else. */
async function appProblems(tx: Tx, tenantId: string, { appId }: ServiceBody, id: string): Promise<Problem[]> {
  const [app] = await tx.rows('SELECT id FROM apps WHERE tenant_id = ? AND id = ?', [tenantId, appId]);
  if (app === undefined) return [{ field: '/appId', message: 'is no app of the tenant' }];
  const [before] = await tx.rows<{ appId: string }>('SELECT app_id AS appId FROM services WHERE tenant_id = ? AND id = ?', [tenantId, id]);
  return before === undefined || before.appId === appId ? [] : [{ field: '/appId', message: 'cannot change: make a new service' }];
}

async function connectionProblems(tx: Tx, tenantId: string, { source, recipe }: ServiceBody): Promise<Problem[]> {
  const named: { field: string; table: string; id: string }[] = [];
  if (source !== null) named.push({ field: '/source/integrationId', table: 'tenant_scm_integrations', id: source.integrationId });
  const steps: [string, RecipeStep | null | undefined][] = [
    ['/recipe/build', recipe?.build],
    ...Object.entries(recipe?.tests ?? {}).map(([suite, step]) => [`/recipe/tests/${suite}`, step] as [string, RecipeStep]),
  ];
  for (const [field, step] of steps) {
    if (step === null || step === undefined) continue;
    const table = step.by === 'ci' ? 'tenant_ci_cd_integrations' : 'tenant_deployment_integrations';
    named.push({ field: `${field}/integrationId`, table, id: step.integrationId });
  }
  return unknownConnections(tx, tenantId, named);
}

/** @returns a problem for each that is no active connection of the tenant */
export async function unknownConnections(
  tx: Tx,
  tenantId: string,
  named: readonly { field: string; table: string; id: string }[],
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { field, table, id } of named) {
    const found = isValid(id)
      ? await tx.rows(`SELECT id FROM ${table} WHERE tenant_id = ? AND id = ? AND is_active = 1`, [tenantId, id])
      : [];
    if (found.length === 0) problems.push({ field, message: 'is no active connection of the tenant of the category that is needed here' });
  }
  return problems;
}

async function dependencyProblems(tx: Tx, tenantId: string, { appId, name, dependsOn }: ServiceBody, id: string): Promise<Problem[]> {
  if (dependsOn.length === 0) return [];
  const rows = await tx.rows<{ id: string; name: string }>('SELECT id, name FROM services WHERE tenant_id = ? AND app_id = ?', [
    tenantId,
    appId,
  ]);
  const names = new Map([...rows.map((row) => [row.id, row.name] as const), [id, name]]);
  const problems = dependsOn.flatMap(({ serviceId }, index) =>
    names.has(serviceId) ? [] : [{ field: `/dependsOn/${index}/serviceId`, message: 'is no service of the app' }],
  );
  if (problems.length > 0) return problems;
  const others = rows.length === 0 ? [] : (await readDependencies(tx, tenantId, rows)).filter(({ from }) => from !== id);
  const own = dependsOn.map(({ serviceId, kind }): DependencyEdge => ({ from: id, to: serviceId, kind }));
  const cycle = findCycle([...others, ...own].map(({ from, to }) => ({ from: names.get(from) ?? from, to: names.get(to) ?? to })));
  return cycle === null ? [] : [{ field: '/dependsOn', message: `would make a circle: ${cycle.join(' → ')}` }];
}
