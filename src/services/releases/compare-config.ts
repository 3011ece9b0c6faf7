import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenConfig, FrozenStore, ReleaseConfigBody, StoreChoice } from '../../domain/release/config.ts';
import { type Difference, differences } from '../../domain/release/differences.ts';
import { readConfigBody, readFrozenConfig } from '../../domain/release/read-config.ts';
import { type ConfigBody, configContents } from '../configs/config-resource.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type Part, storeKind, subConfigs } from '../release-configs/sub-configs.ts';
import { notFound } from '../service-error.ts';

/** A config with all that it names written out; ids of configs, which say nothing, are left out. */
export interface WrittenOutConfig extends Record<Part, ConfigBody | null> {
  name: string;
  /** By target. */
  stores: Record<string, object>;
  [field: string]: unknown;
}

export interface ConfigComparison {
  /** What the release goes by. */
  frozen: WrittenOutConfig;
  /** What its release config says today. */
  current: WrittenOutConfig;
  differences: { path: string; frozen: unknown; current: unknown }[];
  /** Whether the release config still starts releases. */
  configActive: boolean;
}

interface Row {
  frozen: unknown;
  current: unknown;
  name: string;
  isActive: number;
  type: string;
  version: string;
  /** Of the release, with commas. */
  targets: string;
}

/** The config of a release beside what it was copied from; the number of queries does not depend on what the config names. */
export async function compareConfig(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<ConfigComparison> {
  authorise(caller, 'release:read');
  const { tenantId } = caller;
  const [row] = await deps.db.rows<Row>(
    `SELECT r.config AS frozen, c.body AS current, c.name, c.is_active AS isActive, r.type,
            (SELECT GROUP_CONCAT(p.target) FROM platform_releases p WHERE p.tenant_id = r.tenant_id AND p.release_id = r.id) AS targets,
            (SELECT p.version FROM platform_releases p WHERE p.tenant_id = r.tenant_id AND p.release_id = r.id ORDER BY p.id LIMIT 1) AS version
     FROM releases r JOIN release_configs c ON c.tenant_id = r.tenant_id AND c.id = r.config_id WHERE r.tenant_id = ? AND r.id = ?`,
    [tenantId, releaseId],
  );
  if (row === undefined) throw notFound('The release');
  const kept = readFrozenConfig(parseJson(row.frozen));
  const body = readConfigBody(parseJson(row.current));
  const contents = await contentsOf(deps.db, tenantId, [kept, body]);
  const frozen = writtenOut(kept.configName, kept, contents);
  const current = writtenOut(row.name, asFor(row, kept, body), contents);
  return { frozen, current, differences: differences(frozen, current).map(inWords), configActive: row.isActive === 1 };
}

/** Today's config as a release of these versions and targets would keep it: what creation decides is no difference. */
function asFor({ type, version, targets }: Row, kept: FrozenConfig, body: ReleaseConfigBody): ReleaseConfigBody {
  return {
    ...body,
    stores: body.stores.filter(({ target }) => targets.split(',').includes(target)),
    tagPattern: body.tagPattern.replaceAll('{version}', () => version),
    // Hotfixes never wait for their turn, whatever their config says.
    concurrency: type === 'HOTFIX' ? kept.concurrency : body.concurrency,
  };
}

const inWords = ({ path, before, after }: Difference) => ({ path, frozen: before, current: after });

/** By id, of every kind. */
async function contentsOf(
  sql: Sql,
  tenantId: string,
  configs: readonly (ReleaseConfigBody | FrozenConfig)[],
): Promise<ReadonlyMap<string, ConfigBody>> {
  const single = subConfigs.map(({ kind, field }) => ({ kind, ids: configs.map((config) => config[field]).filter((id) => id !== null) }));
  const ofStores = { kind: storeKind, ids: configs.flatMap(({ stores }) => stores.map(({ storeConfigId }) => storeConfigId)) };
  const found = await Promise.all([...single, ofStores].map(({ kind, ids }) => configContents(sql, kind, tenantId, [...new Set(ids)])));
  return new Map(found.flatMap((contents) => [...contents]));
}

function writtenOut(name: string, config: ReleaseConfigBody | FrozenConfig, contents: ReadonlyMap<string, ConfigBody>): WrittenOutConfig {
  const part = (id: string | null) => (id === null ? null : (contents.get(id) ?? null));
  const { ciConfigId, projectManagementConfigId, testManagementConfigId, commsConfigId, stores, ...fields } = config;
  const written = {
    ...fields,
    name,
    ci: part(ciConfigId),
    projectManagement: part(projectManagementConfigId),
    testManagement: part(testManagementConfigId),
    communication: part(commsConfigId),
    stores: Object.fromEntries(stores.map((store) => [store.target, storeOf(store, contents.get(store.storeConfigId))])),
  };
  const {
    configName: _name,
    workflows: _workflows,
    skipped: _skipped,
    ...rest
  } = { configName: '', workflows: [], skipped: [], ...written };
  return rest;
}

/** A release keeps what its store config said; today's says it itself. */
function storeOf(store: StoreChoice | FrozenStore, content: ConfigBody | undefined): object {
  const { target: _target, name: _name, ...said } = { target: store.target, name: '', ...('appId' in store ? store : content) };
  const { storeConfigId: _id, provider: _provider, ...fields } = { storeConfigId: '', provider: '', ...said };
  return { ...fields, rolloutPlan: store.rolloutPlan };
}
