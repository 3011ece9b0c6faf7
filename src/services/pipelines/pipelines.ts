import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { PipelineBody } from '../../domain/deployment/pipeline.ts';
import { type PipelineGraph, pipelineGraph } from '../../domain/deployment/pipeline-graph.ts';
import { validatePipeline } from '../../domain/deployment/validate-pipeline.ts';
import { record } from '../catalogue/entry.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { iso } from '../releases/instant.ts';
import { invalid, notFound } from '../service-error.ts';
import { unlessTaken } from '../unless-taken.ts';

export interface PipelineView {
  id: string;
  appId: string;
  name: string;
  /** The newest. */
  version: number;
  createdAt: string;
}

export interface PipelineVersionView {
  id: string;
  pipelineId: string;
  version: number;
  body: PipelineBody;
  /** SHA-256 of the body. */
  hash: string;
  graph: PipelineGraph;
  createdAt: string;
}

interface PipelineRow extends Omit<PipelineView, 'createdAt'> {
  createdAt: Date;
}

interface VersionRow extends Omit<PipelineVersionView, 'body' | 'graph' | 'createdAt'> {
  body: unknown;
  createdAt: Date;
}

const selectPipelines = 'SELECT id, app_id AS appId, name, version, created_at AS createdAt FROM pipelines WHERE tenant_id = ?';
const selectVersions = `SELECT id, pipeline_id AS pipelineId, version, body, hash, created_at AS createdAt FROM pipeline_versions
  WHERE tenant_id = ? AND pipeline_id = ?`;

const pipelineView = (row: PipelineRow): PipelineView => ({ ...row, createdAt: iso(row.createdAt) });

function versionView(row: VersionRow): PipelineVersionView {
  const body = parseJson(row.body) as PipelineBody;
  return { ...row, body, graph: pipelineGraph(body), createdAt: iso(row.createdAt) };
}

type Deps = Pick<ServiceDeps, 'db' | 'keyring'>;

/** A pipeline with its first version, which is checked whole. */
export async function createPipeline(
  deps: Deps,
  caller: Caller,
  { appId, name, body }: { appId: string; name: string; body: PipelineBody },
): Promise<PipelineVersionView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  demandSound(body);
  return unlessTaken(
    deps.db.transact(async (tx) => {
      const [app] = await tx.rows('SELECT id FROM apps WHERE tenant_id = ? AND id = ?', [tenantId, appId]);
      if (app === undefined) throw invalid([{ field: '/appId', message: 'is no app of the tenant' }]);
      const id = ulid();
      await tx.run('INSERT INTO pipelines (id, tenant_id, app_id, name, version) VALUES (?)', [[id, tenantId, appId, name, 1]]);
      await insertVersion(tx, caller, { pipelineId: id, version: 1, body });
      await record(tx, caller, id, 'CREATE', [
        { field: 'name', before: null, after: name },
        { field: 'version', before: null, after: '1' },
      ]);
      const view = await findVersion(tx, tenantId, id, 1);
      await rememberAnswer(tx, deps, caller, { status: 201, body: view });
      return view;
    }),
    { field: '/name', message: 'is the name of another pipeline of the app' },
  );
}

/** The next version; the one before stays as it is. The same body again is the newest version. */
export async function addPipelineVersion(deps: Deps, caller: Caller, pipelineId: string, body: PipelineBody): Promise<PipelineVersionView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  demandSound(body);
  return deps.db.transact(async (tx) => {
    const [pipeline] = await tx.rows<PipelineRow>(`${selectPipelines} AND id = ? FOR UPDATE`, [tenantId, pipelineId]);
    if (pipeline === undefined) throw notFound('The pipeline');
    const newest = await findVersion(tx, tenantId, pipelineId, pipeline.version);
    if (newest.hash === hashOf(body)) return newest;
    const version = pipeline.version + 1;
    await insertVersion(tx, caller, { pipelineId, version, body });
    await tx.run('UPDATE pipelines SET version = ? WHERE tenant_id = ? AND id = ?', [version, tenantId, pipelineId]);
    await record(tx, caller, pipelineId, 'UPDATE', [{ field: 'version', before: String(pipeline.version), after: String(version) }]);
    const view = await findVersion(tx, tenantId, pipelineId, version);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

function insertVersion(
  sql: Sql,
  { tenantId, accountId }: Caller,
  { pipelineId, version, body }: { pipelineId: string; version: number; body: PipelineBody },
): Promise<number> {
  return sql.run('INSERT INTO pipeline_versions (id, tenant_id, pipeline_id, version, body, hash, created_by_account_id) VALUES (?)', [
    [ulid(), tenantId, pipelineId, version, JSON.stringify(body), hashOf(body), accountId],
  ]);
}

const hashOf = (body: PipelineBody): string => createHash('sha256').update(JSON.stringify(body)).digest('hex');

function demandSound(body: PipelineBody): void {
  const problems = validatePipeline(body);
  if (problems.length > 0) throw invalid(problems.map(({ field, message }) => ({ field: `/body${field}`, message })));
}

/** Newest first. */
export async function listPipelines(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  appId: string | undefined,
  page: PageRequest,
): Promise<Page<PipelineView>> {
  authorise(caller, 'config:read');
  const after = afterId(page);
  const rows = await db.rows<PipelineRow>(
    `${selectPipelines}${appId === undefined ? '' : ' AND app_id = ?'}${after === null ? '' : ' AND id < ?'} ORDER BY id DESC LIMIT ?`,
    [caller.tenantId, ...(appId === undefined ? [] : [appId]), ...(after === null ? [] : [after]), page.limit + 1],
  );
  return pageOf(rows, page.limit, pipelineView);
}

/** @param version null = the newest */
export async function readPipelineVersion(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  pipelineId: string,
  version: number | null,
): Promise<PipelineVersionView> {
  authorise(caller, 'config:read');
  const [pipeline] = await db.rows<PipelineRow>(`${selectPipelines} AND id = ?`, [caller.tenantId, pipelineId]);
  if (pipeline === undefined) throw notFound('The pipeline');
  return findVersion(db, caller.tenantId, pipelineId, version ?? pipeline.version);
}

async function findVersion(sql: Sql, tenantId: string, pipelineId: string, version: number): Promise<PipelineVersionView> {
  const [row] = await sql.rows<VersionRow>(`${selectVersions} AND version = ?`, [tenantId, pipelineId, version]);
  if (row === undefined) throw notFound('The version of the pipeline');
  return versionView(row);
}
