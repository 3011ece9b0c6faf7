import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { PlannedMigration } from '../../domain/deployment/plan.ts';
import { type ArtifactSource, type EnvironmentKind, homeOf, type ServiceKind } from '../../domain/deployment/vocabulary.ts';
import { type Arriving, type ArtifactStore, ArtifactTooLargeError } from '../../platform/artifact-store.ts';
import { record } from '../catalogue/entry.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { conflict, invalid, notFound } from '../service-error.ts';
import { type ArtifactMigration, readMigrations } from './read-migrations.ts';

/** What is known of an artifact besides its bytes. */
export interface ArtifactInput {
  version: string;
  commit: string | null;
  committedAt: Date | null;
  /** Of services that go to stores, which need it: what a store tells builds of one version apart by. */
  buildNumber: string | null;
  /** In the order of their names. */
  migrations: readonly ArtifactMigration[];
}

export interface ArtifactView {
  id: string;
  serviceId: string;
  version: string;
  digest: string;
  commit: string | null;
  committedAt: string | null;
  buildNumber: string | null;
  source: { kind: 'image'; reference: string } | { kind: 'kept'; sizeBytes: number };
  migrations: PlannedMigration[];
  createdAt: string;
}

interface ArtifactRow {
  id: string;
  serviceId: string;
  version: string;
  digest: string;
  commit: string | null;
  committedAt: Date | null;
  buildNumber: string | null;
  source: unknown;
  migrations: unknown;
  createdAt: Date;
}

const select = `SELECT id, service_id AS serviceId, version, digest, commit_sha AS \`commit\`, committed_at AS committedAt, build_number AS buildNumber, source, migrations,
    created_at AS createdAt FROM artifacts WHERE tenant_id = ? AND service_id = ?`;

function view(row: ArtifactRow): ArtifactView {
  const source = parseJson(row.source) as ArtifactSource;
  const migrations = parseJson(row.migrations) as StoredMigration[];
  return {
    ...{ id: row.id, serviceId: row.serviceId, version: row.version, digest: row.digest, commit: row.commit },
    committedAt: isoOrNull(row.committedAt),
    buildNumber: row.buildNumber,
    source: source.kind === 'image' ? source : { kind: 'kept', sizeBytes: source.sizeBytes },
    migrations: migrations.map(({ name, class: kind, checksum }) => ({ name, class: kind, checksum })),
    createdAt: iso(row.createdAt),
  };
}

type StoredMigration = PlannedMigration & { sql: string };

type Deps = Pick<ServiceDeps, 'db' | 'keyring'>;

/** Registers a container image. The same digest again is the same artifact; it never changes. */
export async function registerImage(
  deps: Deps,
  caller: Caller,
  serviceId: string,
  said: Omit<ArtifactInput, 'buildNumber'> & { reference: string },
): Promise<{ artifact: ArtifactView; isNew: boolean }> {
  authorise(caller, 'build:report');
  const { reference } = said;
  const digest = reference.slice(reference.indexOf('@') + 1);
  return deps.db.transact(async (tx) => {
    const kind = await demandService(tx, caller.tenantId, serviceId, 'FOR UPDATE');
    if (homeOf(kind) === 'store-track')
      throw invalid([{ field: '/reference', message: `is an image, and services of the kind ${kind} are files: send the file` }]);
    return keep(tx, deps, caller, { serviceId, input: { ...said, buildNumber: null }, digest, source: { kind: 'image', reference } });
  });
}

/**
 * Takes the file of an artifact, streamed: a `.tar.gz`, or what a store gives to phones, e.g. an `.aab` or `.ipa`. The file comes first: a crash before its row leaves a file that nobody names, never a row
 * without its file.
 * @param said `sha256`: what the sender says it is, lower-case hexadecimal; needed
 */
export async function receiveArtifact(
  deps: Deps & { artifacts: ArtifactStore; artifactMaxBytes: number },
  caller: Caller,
  serviceId: string,
  said: Omit<ArtifactInput, 'migrations'> & { sha256: string | null; sizeBytes: number | null; body: Arriving },
): Promise<{ artifact: ArtifactView; isNew: boolean }> {
  authorise(caller, 'build:report');
  const { artifactMaxBytes: maxBytes } = deps;
  if ((said.sizeBytes ?? 0) > maxBytes) throw new ArtifactTooLargeError(`The file is larger than ${maxBytes} bytes (ARTIFACT_MAX_MB).`);
  const home = homeOf(await demandService(deps.db, caller.tenantId, serviceId));
  refuseNumber(home, said.buildNumber);
  if (said.sha256 === null)
    throw invalid([{ field: 'header:x-checksum-sha256', message: 'is needed: an artifact is known by its digest' }]);
  const digest = `sha256:${said.sha256}`;
  // A key of its own: whoever sends other bytes under the same name at once replaces nothing.
  const key = `${caller.tenantId}/services/${ulid()}`;
  const stored = await deps.artifacts.put(key, said.body, { maxBytes });
  try {
    if (stored.sha256 !== said.sha256) {
      throw invalid([{ field: 'header:x-checksum-sha256', message: `is not what arrived, which is ${stored.sha256}` }]);
    }
    // What goes to phones brings no migrations.
    const file = home === 'infra' ? await deps.artifacts.open(key) : null;
    const input = { ...said, migrations: file === null ? [] : await readMigrations(file.body) };
    const source: ArtifactSource = { kind: 'kept', key, sizeBytes: stored.sizeBytes };
    const kept = await deps.db.transact((tx) => keep(tx, deps, caller, { serviceId, input, digest, source }));
    if (!kept.isNew) await deps.artifacts.remove(key);
    return kept;
  } catch (error) {
    await deps.artifacts.remove(key);
    throw error;
  }
}

function refuseNumber(home: EnvironmentKind, buildNumber: string | null): void {
  const field = '?buildNumber';
  if (home === 'store-track' && buildNumber === null)
    throw invalid([{ field, message: 'is needed: stores tell builds of one version apart by it' }]);
  if (home === 'infra' && buildNumber !== null)
    throw invalid([{ field, message: 'is only for services that go to stores (android, ios)' }]);
}

async function keep(
  tx: Tx,
  deps: Deps,
  caller: Caller,
  { serviceId, input, digest, source }: { serviceId: string; input: ArtifactInput; digest: string; source: ArtifactSource },
): Promise<{ artifact: ArtifactView; isNew: boolean }> {
  const { tenantId } = caller;
  await demandService(tx, tenantId, serviceId, 'FOR UPDATE');
  const known = await find(tx, tenantId, serviceId, digest);
  if (known !== null) {
    const artifact = same(known, input);
    await rememberAnswer(tx, deps, caller, { status: 200, body: artifact });
    return { artifact, isNew: false };
  }
  const id = ulid();
  const columns = [
    'id',
    'tenant_id',
    'service_id',
    'version',
    'digest',
    'commit_sha',
    'committed_at',
    'build_number',
    'source',
    'migrations',
  ];
  await tx.run(`INSERT INTO artifacts (${columns.join(', ')}, created_by_account_id) VALUES (?)`, [
    [
      ...[id, tenantId, serviceId, input.version, digest, input.commit, input.committedAt, input.buildNumber],
      ...[JSON.stringify(source), JSON.stringify(storedMigrations(input)), caller.accountId],
    ],
  ]);
  await record(tx, caller, serviceId, 'ADD', [{ field: 'artifact', before: null, after: `${input.version} ${digest}` }]);
  const [row] = await tx.rows<ArtifactRow>(`${select} AND id = ?`, [tenantId, serviceId, id]);
  if (row === undefined) throw notFound('The artifact');
  const artifact = view(row);
  await rememberAnswer(tx, deps, caller, { status: 201, body: artifact });
  return { artifact, isNew: true };
}

/** A checksum is that of the lines: machines that check out the same file may end them differently. */
export const storedMigrations = ({ migrations }: Pick<ArtifactInput, 'migrations'>): StoredMigration[] =>
  [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1)).map((migration) => ({ ...migration, checksum: checksumOf(migration.sql) }));

const checksumOf = (sql: string) =>
  createHash('sha256')
    .update(sql.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
    .digest('hex');

/** @throws ServiceError conflict when what is said of the same bytes is not what was said before */
function same(known: ArtifactRow, input: ArtifactInput): ArtifactView {
  const before = view(known);
  const checksums = storedMigrations(input).map(({ name, checksum, class: kind }) => `${name} ${kind} ${checksum}`);
  const isSame =
    before.version === input.version &&
    before.commit === input.commit &&
    before.buildNumber === input.buildNumber &&
    before.migrations.map(({ name, checksum, class: kind }) => `${name} ${kind} ${checksum}`).join() === checksums.join();
  if (!isSame) throw conflict(`The artifact ${before.digest} is known as ${before.version} already, of other words: it never changes.`);
  return before;
}

async function find(sql: Sql, tenantId: string, serviceId: string, digest: string): Promise<ArtifactRow | null> {
  const [row] = await sql.rows<ArtifactRow>(`${select} AND digest = ?`, [tenantId, serviceId, digest]);
  return row ?? null;
}

async function demandService(sql: Pick<Sql, 'rows'>, tenantId: string, id: string, lock: '' | 'FOR UPDATE' = ''): Promise<ServiceKind> {
  const [row] = await sql.rows<{ kind: ServiceKind }>(`SELECT kind FROM services WHERE tenant_id = ? AND id = ? ${lock}`, [tenantId, id]);
  if (row === undefined) throw notFound('The service');
  return row.kind;
}

/** Newest first. */
export async function listArtifacts(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  serviceId: string,
  page: PageRequest,
): Promise<Page<ArtifactView>> {
  authorise(caller, 'config:read');
  await demandService(db, caller.tenantId, serviceId);
  const after = afterId(page);
  const rows = await db.rows<ArtifactRow>(`${select}${after === null ? '' : ' AND id < ?'} ORDER BY id DESC LIMIT ?`, [
    ...[caller.tenantId, serviceId, ...(after === null ? [] : [after])],
    page.limit + 1,
  ]);
  return pageOf(rows, page.limit, view);
}
