import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import type { Database, Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { SecretBroughtBack } from '../../../domain/deployment/preflight.ts';
import type { TargetBody } from '../../../domain/deployment/target.ts';
import { DecryptError, type Keyring } from '../../../platform/crypto.ts';
import { variableSealContext } from '../../catalogue/variables.ts';
import { iso } from '../../releases/instant.ts';

/*
 * What services are configured with: the environment's variables of today, and what a config version was. The latter is kept, sealed, before any workload gets
 * it: a rollout that is resumed and a way back go by it, whatever people have written since. A crash after it was kept leaves what nothing refers to, which
 * `forgetConfigVersions` takes away.
 */

/** What is configured for a service besides its revision. */
export interface Configuration {
  /** Secrets among them: never to be shown, and stored sealed only. */
  variables: ReadonlyMap<string, string>;
  /** Of each secret among them, by name. */
  secrets: Readonly<Record<string, SecretMark>>;
  replicas: number;
  /** As the driver of the target understands it. */
  deployConfig: Record<string, unknown>;
  /** SHA-256 of names, values or their fingerprints, replicas and the target's config; 64 hexadecimal digits. */
  version: string;
}

/** By what a secret is told without knowing it. */
export interface SecretMark {
  fingerprint: string | null;
  /** ISO 8601; null = it does not expire. */
  expiresAt: string | null;
}

/** Which service, where. */
interface ConfiguredPlace {
  tenantId: string;
  environment: { id: string };
  service: { serviceId: string };
  target: TargetBody;
}

export interface ConfigurationService {
  /** What the environment's variables and the target come to now. @throws DecryptError where a secret cannot be opened */
  today(place: ConfiguredPlace): Promise<Configuration>;
  /** What it was under a version; null = it is not kept any more, cannot be opened, or was meant for another driver. */
  kept(place: ConfiguredPlace, version: string): Promise<Configuration | null>;
  /** The secrets that would come back with a version, compared with today's; null where it is not kept. Nothing is opened. */
  broughtBack(place: ConfiguredPlace, version: string): Promise<SecretBroughtBack[] | null>;
  /** The place with the driver's config that what is installed there was brought with; as it is where that is not kept. Nothing is opened. */
  asInstalled<Place extends ConfiguredPlace>(place: Place): Promise<Place>;
  /** To be done before any workload gets it. The same again is the same. */
  keep(place: ConfiguredPlace, configuration: Configuration): Promise<void>;
}

/** Where a version's variables live: by what names it, as the row may be written anew. */
export const configVersionSealContext = (key: { tenantId: string; environmentId: string; serviceId: string; version: string }) =>
  `config_versions/${key.tenantId}/${key.environmentId}/${key.serviceId}/${key.version}/variables`;

interface KeptRow {
  deployIntegrationId: string;
  deployConfig: unknown;
  replicas: number;
  secrets: unknown;
  variables: string;
}

export function createConfigurationService({
  db,
  keyring,
}: {
  db: Database;
  keyring: Pick<Keyring, 'seal' | 'open'>;
}): ConfigurationService {
  async function find({ tenantId, environment, service, target }: ConfiguredPlace, version: string): Promise<KeptRow | null> {
    const [row] = await db.rows<KeptRow>(
      `SELECT deploy_integration_id AS deployIntegrationId, deploy_config AS deployConfig, replicas, secrets, variables
       FROM config_versions WHERE tenant_id = ? AND environment_id = ? AND service_id = ? AND version = ?`,
      [tenantId, environment.id, service.serviceId, version],
    );
    return row === undefined || row.deployIntegrationId !== target.deploy.integrationId ? null : row;
  }

  return {
    async today({ tenantId, environment, service, target }) {
      const rows = await variablesOf(db, tenantId, environment.id, service.serviceId);
      const variables = new Map<string, string>();
      for (const { id, name, isSecret, value } of rows) {
        variables.set(name, isSecret ? keyring.open(value, variableSealContext(id)).reveal() : value);
      }
      return {
        ...{ variables, secrets: secretsOf(rows), version: versionOf(rows, target) },
        ...{ replicas: target.deploy.replicas, deployConfig: target.deploy.config },
      };
    },

    async kept(place, version) {
      const row = await find(place, version);
      if (row === null) return null;
      const variables = openVariables(keyring, row.variables, keyOf(place, version));
      if (variables === null) return null;
      return {
        ...{ variables, version, secrets: parseJson(row.secrets) as Configuration['secrets'] },
        ...{ replicas: row.replicas, deployConfig: parseJson(row.deployConfig) as Record<string, unknown> },
      };
    },

    async asInstalled(place) {
      const { tenantId, environment, service, target } = place;
      const [row] = await db.rows<{ deployConfig: unknown }>(
        `SELECT c.deploy_config AS deployConfig FROM installed_services i
         JOIN config_versions c ON c.tenant_id = i.tenant_id AND c.environment_id = i.environment_id AND c.service_id = i.service_id
          AND c.version = i.config_version
         WHERE i.tenant_id = ? AND i.environment_id = ? AND i.service_id = ? AND c.deploy_integration_id = ?`,
        [tenantId, environment.id, service.serviceId, target.deploy.integrationId],
      );
      if (row === undefined) return place;
      const config = parseJson(row.deployConfig) as Record<string, unknown>;
      return { ...place, target: { ...target, deploy: { ...target.deploy, config } } };
    },

    async broughtBack(place, version) {
      const row = await find(place, version);
      if (row === null) return null;
      const today = await variablesOf(db, place.tenantId, place.environment.id, place.service.serviceId);
      return Object.entries(parseJson(row.secrets) as Configuration['secrets']).map(([name, mark]) => asKnownToday(name, mark, today));
    },

    async keep(place, { variables, secrets, version, replicas, deployConfig }) {
      const key = keyOf(place, version);
      const sealed = keyring.seal(JSON.stringify([...variables]), configVersionSealContext(key));
      await db.run(
        `INSERT INTO config_versions (id, tenant_id, environment_id, service_id, version, deploy_integration_id, deploy_config, replicas, secrets, variables)
         VALUES (?) ON DUPLICATE KEY UPDATE deploy_integration_id = VALUES(deploy_integration_id), secrets = VALUES(secrets),
           variables = VALUES(variables), kept_at = UTC_TIMESTAMP(3)`,
        [
          [
            ...[ulid(), key.tenantId, key.environmentId, key.serviceId, version, place.target.deploy.integrationId],
            ...[JSON.stringify(deployConfig), replicas, JSON.stringify(secrets), sealed],
          ],
        ],
      );
    },
  };
}

const keyOf = ({ tenantId, environment, service }: ConfiguredPlace, version: string) => ({
  ...{ tenantId, environmentId: environment.id, serviceId: service.serviceId, version },
});

/** @returns null where no key opens it: a way back does without it */
function openVariables(keyring: Pick<Keyring, 'open'>, sealed: string, key: ReturnType<typeof keyOf>): Map<string, string> | null {
  try {
    return new Map(JSON.parse(keyring.open(sealed, configVersionSealContext(key)).reveal()) as [string, string][]);
  } catch (error) {
    if (error instanceof DecryptError) return null;
    throw error;
  }
}

function asKnownToday(name: string, { fingerprint, expiresAt }: SecretMark, today: readonly VariableRow[]): SecretBroughtBack {
  const now = today.find((row) => row.name === name);
  const then = expiresAt === null ? null : new Date(expiresAt);
  if (now === undefined) return { name, expiresAt: then, today: 'gone' };
  // Of the very value, what people know of its end today counts.
  return now.fingerprint === fingerprint ? { name, expiresAt: now.expiresAt, today: 'same' } : { name, expiresAt: then, today: 'other' };
}

const secretsOf = (rows: readonly VariableRow[]): Record<string, SecretMark> =>
  Object.fromEntries(
    rows
      .filter(({ isSecret }) => isSecret)
      .map(({ name, fingerprint, expiresAt }) => [name, { fingerprint, expiresAt: expiresAt === null ? null : iso(expiresAt) }]),
  );

interface VariableRow {
  id: string;
  name: string;
  isSecret: boolean;
  value: string;
  fingerprint: string | null;
  expiresAt: Date | null;
}

/** By name; what a service says for itself wins. */
async function variablesOf(sql: Sql, tenantId: string, environmentId: string, serviceId: string): Promise<VariableRow[]> {
  const rows = await sql.rows<Omit<VariableRow, 'isSecret'> & { isSecret: number }>(
    `SELECT id, name, is_secret AS isSecret, value, fingerprint, expires_at AS expiresAt FROM environment_variables
     WHERE tenant_id = ? AND environment_id = ? AND service_id IN ('', ?) ORDER BY service_id`,
    [tenantId, environmentId, serviceId],
  );
  const byName = new Map(rows.map((row) => [row.name, { ...row, isSecret: row.isSecret === 1 }]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function versionOf(rows: readonly VariableRow[], { deploy }: TargetBody): string {
  const variables = rows.map(({ name, isSecret, value, fingerprint }) => [name, isSecret, isSecret ? (fingerprint ?? value) : value]);
  return createHash('sha256')
    .update(JSON.stringify([variables, deploy.replicas, sorted(deploy.config)]))
    .digest('hex');
}

/** The order in which a form was filled in says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
