import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { record } from '../catalogue/entry.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { groupBy } from '../releases/group-by.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { conflict, invalid, notFound, type Problem } from '../service-error.ts';
import { unlessTaken } from '../unless-taken.ts';

export interface ServiceReleaseInput {
  appId: string;
  version: string;
  description: string | null;
  items: readonly { serviceId: string; artifactId: string }[];
}

export interface ServiceReleaseView {
  id: string;
  appId: string;
  version: string;
  description: string | null;
  items: { serviceId: string; service: string; artifactId: string; version: string; digest: string; commit: string | null }[];
  /** SHA-256 over its items, from its first deployment on; then it never changes. */
  sealedHash: string | null;
  sealedAt: string | null;
  /** Environments in which it was rolled back. */
  rejectedIn: { environmentId: string; deploymentId: string; reason: string; at: string }[];
  createdAt: string;
}

interface ReleaseRow {
  id: string;
  appId: string;
  version: string;
  description: string | null;
  sealedHash: string | null;
  sealedAt: Date | null;
  createdAt: Date;
}

type ItemRow = ServiceReleaseView['items'][number] & { serviceReleaseId: string };
type RejectionRow = Omit<ServiceReleaseView['rejectedIn'][number], 'at'> & { serviceReleaseId: string; at: Date };

const select = `SELECT id, app_id AS appId, version, description, sealed_hash AS sealedHash, sealed_at AS sealedAt, created_at AS createdAt
  FROM service_releases WHERE tenant_id = ?`;

/** Two queries more, whatever the number of rows. */
async function views(sql: Sql, tenantId: string, rows: readonly ReleaseRow[]): Promise<ServiceReleaseView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [items, rejections] = (await sql.batch([
    [
      `SELECT i.service_release_id AS serviceReleaseId, i.service_id AS serviceId, s.name AS service, i.artifact_id AS artifactId, a.version,
              a.digest, a.commit_sha AS \`commit\`
       FROM service_release_items i JOIN services s ON s.id = i.service_id JOIN artifacts a ON a.id = i.artifact_id
       WHERE i.tenant_id = ? AND i.service_release_id IN (?) ORDER BY s.name`,
      [tenantId, ids],
    ],
    [
      `SELECT service_release_id AS serviceReleaseId, environment_id AS environmentId, deployment_id AS deploymentId, reason, at
       FROM release_rejections WHERE tenant_id = ? AND service_release_id IN (?) ORDER BY at`,
      [tenantId, ids],
    ],
  ])) as [ItemRow[], RejectionRow[]];
  const itemsOf = groupBy(items, ({ serviceReleaseId }) => serviceReleaseId);
  const rejectionsOf = groupBy(rejections, ({ serviceReleaseId }) => serviceReleaseId);
  return rows.map((row) => ({
    ...{ id: row.id, appId: row.appId, version: row.version, description: row.description },
    items: (itemsOf.get(row.id) ?? []).map(({ serviceReleaseId: _, ...item }) => item),
    ...{ sealedHash: row.sealedHash, sealedAt: isoOrNull(row.sealedAt) },
    rejectedIn: (rejectionsOf.get(row.id) ?? []).map(({ serviceReleaseId: _, at, ...rejection }) => ({ ...rejection, at: iso(at) })),
    createdAt: iso(row.createdAt),
  }));
}

/** Names which artifact of which service go together. */
export async function createServiceRelease(
  deps: Pick<ServiceDeps, 'db' | 'keyring'>,
  caller: Caller,
  input: ServiceReleaseInput,
): Promise<ServiceReleaseView> {
  authorise(caller, 'release:create');
  const { tenantId } = caller;
  return unlessTaken(
    deps.db.transact(async (tx) => {
      const problems = await problemsOf(tx, tenantId, input);
      if (problems.length > 0) throw invalid(problems);
      const id = ulid();
      await tx.run('INSERT INTO service_releases (id, tenant_id, app_id, version, description, created_by_account_id) VALUES (?)', [
        [id, tenantId, input.appId, input.version, input.description, caller.accountId],
      ]);
      await writeItems(tx, tenantId, id, input.items);
      await record(tx, caller, id, 'CREATE', [
        { field: 'version', before: null, after: input.version },
        { field: 'items', before: null, after: JSON.stringify(input.items) },
      ]);
      const view = await find(tx, tenantId, id);
      await rememberAnswer(tx, deps, caller, { status: 201, body: view });
      return view;
    }),
    TAKEN,
  );
}

/** Until its first deployment its items may be others. @throws ServiceError conflict once it is sealed */
export async function replaceServiceReleaseItems(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  id: string,
  items: ServiceReleaseInput['items'],
): Promise<ServiceReleaseView> {
  authorise(caller, 'release:create');
  const { tenantId } = caller;
  return db.transact(async (tx) => {
    await tx.rows('SELECT id FROM service_releases WHERE tenant_id = ? AND id = ? FOR UPDATE', [tenantId, id]);
    const before = await find(tx, tenantId, id);
    if (before.sealedAt !== null) throw conflict(`${before.version} was deployed and is sealed: make another release.`);
    const problems = await problemsOf(tx, tenantId, { ...before, items });
    if (problems.length > 0) throw invalid(problems);
    await tx.run('DELETE FROM service_release_items WHERE tenant_id = ? AND service_release_id = ?', [tenantId, id]);
    await writeItems(tx, tenantId, id, items);
    const told = before.items.map(({ serviceId, artifactId }) => ({ serviceId, artifactId }));
    await record(tx, caller, id, 'UPDATE', [{ field: 'items', before: JSON.stringify(told), after: JSON.stringify(items) }]);
    return find(tx, tenantId, id);
  });
}

/** Lets it be promoted again to an environment in which it was rolled back. Not rejected there is success. */
export async function liftRejection(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  id: string,
  environmentId: string,
  reason: string,
): Promise<ServiceReleaseView> {
  authorise(caller, 'release:update');
  const { tenantId } = caller;
  return db.transact(async (tx) => {
    await find(tx, tenantId, id);
    const lifted = await tx.run('DELETE FROM release_rejections WHERE tenant_id = ? AND service_release_id = ? AND environment_id = ?', [
      ...[tenantId, id],
      environmentId,
    ]);
    if (lifted > 0) await record(tx, caller, id, 'REMOVE', [{ field: 'rejectedIn', before: environmentId, after: null }], reason);
    return find(tx, tenantId, id);
  });
}

/** Newest first; three queries, whatever the page holds. */
export async function listServiceReleases(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  appId: string | undefined,
  page: PageRequest,
): Promise<Page<ServiceReleaseView>> {
  authorise(caller, 'release:read');
  const after = afterId(page);
  const rows = await db.rows<ReleaseRow>(
    `${select}${appId === undefined ? '' : ' AND app_id = ?'}${after === null ? '' : ' AND id < ?'} ORDER BY id DESC LIMIT ?`,
    [caller.tenantId, ...(appId === undefined ? [] : [appId]), ...(after === null ? [] : [after]), page.limit + 1],
  );
  const shown = new Map((await views(db, caller.tenantId, rows.slice(0, page.limit))).map((view) => [view.id, view]));
  const { items, nextCursor } = pageOf(rows, page.limit, ({ id }) => shown.get(id));
  return { items: items.flatMap((view) => view ?? []), nextCursor };
}

export async function readServiceRelease({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, id: string): Promise<ServiceReleaseView> {
  authorise(caller, 'release:read');
  return find(db, caller.tenantId, id);
}

async function find(sql: Sql, tenantId: string, id: string): Promise<ServiceReleaseView> {
  const [view] = await views(sql, tenantId, await sql.rows<ReleaseRow>(`${select} AND id = ?`, [tenantId, id]));
  if (view === undefined) throw notFound('The service release');
  return view;
}

async function writeItems(tx: Tx, tenantId: string, id: string, items: ServiceReleaseInput['items']): Promise<void> {
  await tx.run('INSERT INTO service_release_items (tenant_id, service_release_id, service_id, artifact_id) VALUES ?', [
    items.map(({ serviceId, artifactId }) => [tenantId, id, serviceId, artifactId]),
  ]);
}

async function problemsOf(tx: Tx, tenantId: string, { appId, items }: Pick<ServiceReleaseInput, 'appId' | 'items'>): Promise<Problem[]> {
  const [app] = await tx.rows('SELECT id FROM apps WHERE tenant_id = ? AND id = ?', [tenantId, appId]);
  if (app === undefined) return [{ field: '/appId', message: 'is no app of the tenant' }];
  const known = await tx.rows<{ serviceId: string; artifactId: string }>(
    `SELECT s.id AS serviceId, a.id AS artifactId FROM artifacts a JOIN services s ON s.id = a.service_id
     WHERE a.tenant_id = ? AND s.app_id = ? AND a.id IN (?)`,
    [tenantId, appId, items.map(({ artifactId }) => artifactId)],
  );
  const serviceOf = new Map(known.map(({ artifactId, serviceId }) => [artifactId, serviceId]));
  return items.flatMap(({ serviceId, artifactId }, index): Problem[] => {
    if (items.findIndex((item) => item.serviceId === serviceId) !== index) {
      return [{ field: `/items/${index}/serviceId`, message: 'stands there twice' }];
    }
    if (serviceOf.get(artifactId) === serviceId) return [];
    return [{ field: `/items/${index}/artifactId`, message: 'is no artifact of this service of the app' }];
  });
}

const TAKEN = { field: '/version', message: 'is the version of another release of the app' };
