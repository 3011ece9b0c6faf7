import { createRoute, z } from '@hono/zod-openapi';
import { migrationStatuses } from '../../domain/deployment/migration-rules.ts';
import { listMigrations } from '../../services/deployments/list-migrations.ts';
import { resolveMigration } from '../../services/deployments/resolve-migration.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, instantSchema, jsonBody, providerWriteProblems, readProblems } from '../schemas.ts';
import { deploymentParams, deploymentPath } from './deployment-view-schemas.ts';
import { reasonSchema } from './release-schemas.ts';

/** What a deployment does to the schemas of databases. */

const migrationSchema = z
  .object({
    service: z.object({ id: idSchema, name: z.string() }),
    name: z.string().meta({ example: '0007_add_email.sql' }),
    class: z.enum(['expand', 'contract', 'irreversible']),
    checksum: z.string().meta({ description: 'SHA-256 of its SQL' }),
    status: z.enum(migrationStatuses).meta({
      description:
        'KNOWN: it was applied before; IN_DOUBT: it was begun and nobody knows how far it came, a person settles it; ABSENT: a person said that it counts as never begun',
    }),
    error: z.string().nullable(),
    at: instantSchema.nullable().meta({ description: 'When its status changed last; null: its turn has not come' }),
  })
  .openapi('DeploymentMigration');

const common = { tags: ['Deployments'], security: bearer };
const migrationsPath = `${deploymentPath}/migrations`;

const list = createRoute({
  ...common,
  method: 'get',
  path: migrationsPath,
  operationId: 'listDeploymentMigrations',
  summary: 'Migrations of the services of a deployment',
  request: { params: deploymentParams },
  responses: {
    200: answer('The migrations', z.object({ items: z.array(migrationSchema) }).openapi('DeploymentMigrationList')),
    ...readProblems,
  },
});

const resolveBody = z
  .strictObject({
    serviceId: idSchema,
    as: z
      .enum(['applied', 'absent'])
      .meta({ description: 'applied: what it does is there; absent: nothing of it is, and it may run anew' }),
    reason: reasonSchema,
  })
  .openapi('ResolveMigration');

export function registerDeploymentMigrationRoutes(app: App, deps: ApiDeps): void {
  const resolve = createRoute({
    ...common,
    method: 'post',
    path: `${migrationsPath}/{name}/resolve`,
    operationId: 'resolveDeploymentMigration',
    summary: 'Settle a migration that failed or is in doubt',
    description:
      'After a person looked at the tables, and finished or undid what it did to them. The ledger in the database is written; tasks that failed are retried, or another deployment is created, after that.',
    middleware: [idempotent(deps)],
    request: {
      params: deploymentParams.extend({ name: z.string().min(1).max(255).meta({ description: 'As the list has it' }) }),
      headers: idempotencyHeader,
      ...jsonBody(resolveBody),
    },
    responses: { 200: answer('The migration', migrationSchema), ...providerWriteProblems },
  });
  app.openapi(list, async (c) => c.json(await listMigrations(deps, c.get('caller'), c.req.valid('param').deploymentId), 200));
  app.openapi(resolve, async (c) =>
    c.json(await resolveMigration(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
