import { configure } from '../../sandbox/demo/configs.ts';
import { type Connections, connect } from '../../sandbox/demo/connections.ts';
import { setUpWebhooks } from '../../sandbox/demo/webhooks.ts';
import type { Sandbox, SandboxTenant, TenantEffects } from '../../sandbox/world.ts';
import type { Database } from '../../src/db/client.ts';
import type { Role } from '../../src/domain/access/permissions.ts';
import type { ReleaseConfigBody } from '../../src/domain/release/config.ts';
import { createOperatorToken, createTenant } from '../../src/services/access/operator.ts';
import type { ReleaseConfigView } from '../../src/services/release-configs/release-config-view.ts';
import { type Client, clientOf } from './client.ts';
import { type ReleaseHandle, releaseHandle } from './release.ts';

export interface NewRelease {
  /** What the release config says differently from the sandbox's: `{ projectManagementConfigId: null }`. */
  config?: Partial<ReleaseConfigBody>;
  /** The next minor of the tenant where absent. */
  version?: string;
  /** Regression slots, milliseconds from now; one, at once, where absent. */
  slots?: readonly number[];
  /** Milliseconds from now; two seconds ago where absent. */
  kickOffInMs?: number;
  /** Milliseconds from now; two weeks where absent. */
  targetInMs?: number;
  /** Further members of the request. */
  more?: Record<string, unknown>;
}

/** A team of the sandbox with a Signalbox tenant, connected, configured, and its people. */
export interface TenantWorld {
  readonly name: string;
  readonly tenantId: string;
  /** `/tenants/…` */
  readonly path: string;
  readonly owner: Client;
  readonly ownerToken: string;
  /** Somebody else, who may approve. */
  readonly manager: Client;
  readonly connections: Connections;
  readonly webhookSecret: string;
  /** Its repository, workspace and tokens in the fakes. */
  readonly sandbox: SandboxTenant;
  effects(): TenantEffects;
  /** A further member with this role. */
  person(role: Role, name?: string): Promise<Client & { token: string }>;
  /** Id of the release config with these differences; made once. */
  config(change?: Partial<ReleaseConfigBody>): Promise<string>;
  createRelease(release?: NewRelease): Promise<ReleaseHandle>;
  /** Every release made here, in order. */
  readonly releases: readonly ReleaseHandle[];
}

interface TenantParts {
  name: string;
  db: Database;
  apiUrl: () => string;
  sandbox: Sandbox;
  /** Whether the sandbox's webhooks reach Signalbox. */
  webhooks: boolean;
  /** The database's clock, milliseconds. */
  now: () => number;
}

const SECOND_MS = 1000;
const TWO_WEEKS_MS = 14 * 86_400_000;
/** What the sandbox's repositories have released already. */
const RELEASED = '1.3.0';

export async function openTenant({ name, db, apiUrl, sandbox, webhooks, now }: TenantParts): Promise<TenantWorld> {
  const { tenantId } = await createTenant(db, name);
  const path = `/tenants/${tenantId}`;
  const person = async (role: Role, who = `${role} of ${name}`) => {
    const { token } = await createOperatorToken(db, { tenantId, name: who, role, scopes: [], expiresAt: null });
    return { ...clientOf(apiUrl, token.reveal()), token: token.reveal() };
  };
  const owner = await person('owner');
  const manager = await person('release-manager');
  const webhookSecret = `hook-secret-of-${name.toLowerCase()}-${tenantId}`;
  const access = sandbox.access(name);
  const api = demoApi(owner);
  const connections = await connect(api, tenantId, access, webhookSecret);
  const baseConfigId = await configure(api, tenantId, access, connections);
  if (webhooks) await sandbox.pointWebhooks(name, await setUpWebhooks(api, tenantId, connections, webhookSecret));
  const configs = new Map<string, Promise<string>>();
  const releases: ReleaseHandle[] = [];
  let lastVersion = RELEASED;
  let turn: Promise<unknown> = Promise.resolve();

  async function config(change: Partial<ReleaseConfigBody> = {}): Promise<string> {
    if (Object.keys(change).length === 0) return baseConfigId;
    const key = JSON.stringify(change);
    const made = configs.get(key) ?? variant(owner, path, baseConfigId, change, `Variant ${configs.size + 1}`);
    configs.set(key, made);
    return made;
  }

  async function create(release: NewRelease, version: string): Promise<ReleaseHandle> {
    const { slots = [0], kickOffInMs = -2 * SECOND_MS, targetInMs = TWO_WEEKS_MS, more = {} } = release;
    const releaseConfigId = await config(release.config);
    const { platformTargets } = await owner.get<ReleaseConfigView>(`${path}/release-configs/${releaseConfigId}`);
    const created = now();
    const at = (ms: number) => new Date(created + ms).toISOString();
    const { id, displayId, branch } = await owner.send<Pick<ReleaseHandle, 'id' | 'displayId' | 'branch'>>(
      'POST',
      `/release-management${path}/releases`,
      {
        ...{ releaseConfigId, type: 'MINOR', kickOffDate: at(kickOffInMs), targetReleaseDate: at(targetInMs) },
        platformTargets: platformTargets.map((target) => ({ ...target, version })),
        regressionSlots: slots.map((ms) => ({ date: at(ms) })),
        ...more,
      },
    );
    const handle = releaseHandle({ created: { id, displayId, branch }, version, tenantId, owner, manager, now });
    releases.push(handle);
    return handle;
  }

  return {
    ...{ name, tenantId, path, owner, manager, connections, webhookSecret, person, config, releases },
    ownerToken: owner.token,
    sandbox: sandbox.tenant(name),
    effects: () => sandbox.effects(name),
    createRelease(release = {}) {
      const version = release.version ?? minorAfter(lastVersion);
      lastVersion = version;
      // Versions only grow: releases that are asked for at once are created one after the other.
      const created = turn.then(() => create(release, version));
      turn = created.catch(() => undefined);
      return created;
    },
  };
}

function minorAfter(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return `${major}.${minor + 1}.0`;
}

/** The same config as the sandbox's, but for what is named. */
async function variant(owner: Client, path: string, baseId: string, change: Partial<ReleaseConfigBody>, name: string): Promise<string> {
  const base = await owner.get<ReleaseConfigView>(`${path}/release-configs/${baseId}`);
  const { id: _id, isActive: _active, createdByAccountId: _by, createdAt: _at, updatedAt: _changed, ...body } = base;
  return (await owner.send<{ id: string }>('POST', `${path}/release-configs`, { ...body, ...change, name })).id;
}

/** The demo's own forms are filled in through its own narrow interface. */
function demoApi(client: Client): Parameters<typeof connect>[0] {
  return {
    get: async (path, schema) => schema.parse(await client.get(path)),
    send: async (method, path, body, schema) => schema.parse(await client.send(method, path, body)),
  };
}
