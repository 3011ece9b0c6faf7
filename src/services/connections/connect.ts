import { join } from 'node:path';
import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FailedConnection } from '../../domain/failure.ts';
import type { AdapterDeps, Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { createDownload } from '../../integrations/kit/download.ts';
import type { Exchange } from '../../integrations/kit/exchange.ts';
import { type GuardedFetch, guardFetch, type ProviderCall } from '../../integrations/kit/http.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { createSession } from '../../integrations/kit/session.ts';
import { createTokenCache } from '../../integrations/kit/token-cache.ts';
import { createUpload } from '../../integrations/kit/upload.ts';
import { findProvider } from '../../integrations/registry.ts';
import { DecryptError, type Keyring } from '../../platform/crypto.ts';
import type { Limits } from '../../platform/limits.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Connect } from '../../platform/outbound.ts';
import { assertAttemptOurs, attemptCalls } from '../execution/attempt-scope.ts';
import { secretsIn } from '../execution/redact.ts';
import { attributeErrors } from './attribute-errors.ts';
import type { VerificationStatus } from './connection-view.ts';
import { isMarked, judgeRefusal, named } from './judge-refusal.ts';
import { connectionTableNames, sealContext } from './tables.ts';

/** A stored connection, opened: the provider's manifest and what its factories need. */
export interface OpenConnection {
  id: string;
  category: Category;
  provider: Provider;
  connection: Connection;
  deps: AdapterDeps;
}

export interface Connector {
  /**
   * Opens an active connection of the tenant; `null` id = the tenant's only active one of the category.
   * Whatever its adapters throw names the connection; a refusal of the credentials is looked into and marks the connection for everybody.
   * @throws ProviderError not-found, or unauthorized when its verification failed: only a person can mend that.
   */
  open(category: Category, tenantId: string, integrationId: string | null, signal: AbortSignal): Promise<OpenConnection>;
  /**
   * How long after a write began it may still come to light when its answer was lost: the call's own time-out, then the time that the provider
   * takes to show what it has. Before that is over, nobody may write again.
   */
  comesToLightWithinMs(lagMs: number): number;
  /** For verifying what is not stored yet. */
  openUnsaved(category: Category, tenantId: string, provider: Provider, connection: Connection, signal: AbortSignal): OpenConnection;
}

interface ConnectorOptions {
  db: Database;
  keyring: Keyring;
  limits: Limits;
  metrics: Metrics;
  fetch: GuardedFetch;
  /** The same for answers of any size. */
  download: GuardedFetch;
  /** The same for what is no HTTP. */
  connect: Connect;
  timeoutMs: number;
  /** What of this machine connections may use; null = nothing. */
  localRoot: string | null;
  /** What the operator knows better than the providers' own documents of their lag; null = nothing. */
  searchLagMaxMs?: number | null;
  /** Calls per minute and connection that this installation allows itself. */
  callsPerMinute: number;
  /** Calls of one connection at once. */
  parallelCalls: number;
  now: () => Date;
}

interface ConnectionRow {
  id: string;
  provider: string;
  displayName: string;
  baseUrl: string;
  settings: unknown;
  credentials: string;
  verificationStatus: VerificationStatus;
  verificationError: string | null;
}

/** How often the head-room that providers tell is written down, milliseconds. */
const HEAD_ROOM_EVERY_MS = 10_000;

export function createConnector(options: ConnectorOptions): Connector {
  const headRoomWritten = new Map<string, number>();
  const tokens = createTokenCache(options.now);

  function deps(provider: Provider, category: Category, tenantId: string, connection: Connection, signal: AbortSignal): AdapterDeps {
    const { id: integrationId, credentials } = connection;
    const secrets = secretsIn(credentials);
    const record = (exchange: Exchange) =>
      attemptCalls()?.add({ ...exchange, provider: provider.id, integrationId, secrets, at: options.now() });
    const door = {
      provider: provider.id,
      signal,
      admit: () => admit(provider, integrationId),
      observe: (call: ProviderCall) => observe(call, category, integrationId),
    };
    // What is no message of two sides, or too large to keep, is told without what was said.
    const silent = {
      ...door,
      observe(call: ProviderCall) {
        door.observe(call);
        record({ ...call, url: null, requestBody: null, responseBody: null, requestId: null });
      },
    };
    const session = createSession({ ...silent, connect: options.connect, timeoutMs: options.timeoutMs });
    return {
      fetch: guardFetch({ ...door, record, fetch: inPermit(provider, integrationId, options.fetch), timeoutMs: options.timeoutMs }),
      download: createDownload({
        ...silent,
        fetch: inPermit(provider, integrationId, options.download),
        idleMs: options.timeoutMs,
        now: options.now,
      }),
      upload: createUpload({ ...silent, fetch: inPermit(provider, integrationId, options.fetch), idleMs: options.timeoutMs }),
      session: (target, work) => permitted(provider, integrationId, () => session(target, work)),
      tokens,
      localRoot: options.localRoot === null ? null : join(options.localRoot, tenantId),
      now: options.now,
    };
  }

  const inPermit =
    (provider: Provider, integrationId: string, fetch: GuardedFetch): GuardedFetch =>
    (input, init) =>
      permitted(provider, integrationId, () => fetch(input, init));

  /** At most so many calls of a connection at once, over all processes. */
  async function permitted<T>(provider: Provider, integrationId: string, call: () => Promise<T>): Promise<T> {
    const permit = await options.limits.withPermit(`parallel:${integrationId}`, options.parallelCalls, options.timeoutMs, () => {
      // The very last moment: waiting for the permit may have taken long.
      assertAttemptOurs();
      return call();
    });
    if (permit.ok) return permit.value;
    throw new ProviderError('rate-limited', `The connection has ${options.parallelCalls} calls to ${provider.displayName} under way.`, {
      provider: provider.id,
      retryAfterMs: permit.retryAfterMs,
    });
  }

  async function admit(provider: Provider, integrationId: string): Promise<void> {
    const admission = await options.limits.admitCall(`calls:${integrationId}`, { points: options.callsPerMinute, durationMs: 60_000 });
    if (admission.ok) return;
    throw new ProviderError(
      'rate-limited',
      `The connection used up its ${options.callsPerMinute} calls a minute to ${provider.displayName}.`,
      {
        provider: provider.id,
        retryAfterMs: admission.retryAfterMs,
      },
    );
  }

  function observe(call: ProviderCall, category: Category, integrationId: string): void {
    const outcome = typeof call.outcome === 'number' ? `${Math.floor(call.outcome / 100)}xx` : call.outcome;
    options.metrics.providerRequestDuration.observe({ provider: call.provider, outcome }, call.milliseconds / 1000);
    if (call.rateLimit === null || integrationId === '') return;
    const now = options.now();
    if (now.getTime() - (headRoomWritten.get(integrationId) ?? 0) < HEAD_ROOM_EVERY_MS) return;
    headRoomWritten.set(integrationId, now.getTime());
    const headRoom = { ...call.rateLimit, resetsAt: call.rateLimit.resetsAt?.toISOString() ?? null, seenAt: now.toISOString() };
    // Shown to people only: losing one costs nothing.
    options.db
      .run(`UPDATE ${connectionTableNames[category]} SET rate_limit = ? WHERE id = ?`, [JSON.stringify(headRoom), integrationId])
      .catch(() => undefined);
  }

  const connector: Connector = {
    async open(category, tenantId, integrationId, signal) {
      const rows = await options.db.rows<ConnectionRow>(
        `SELECT id, provider, display_name AS displayName, base_url AS baseUrl, settings, credentials,
                verification_status AS verificationStatus, verification_error AS verificationError
         FROM ${connectionTableNames[category]} WHERE tenant_id = ? AND is_active = 1 ${integrationId === null ? '' : 'AND id = ?'} LIMIT 2`,
        integrationId === null ? [tenantId] : [tenantId, integrationId],
      );
      const row = rows[0];
      if (row === undefined) throw new ProviderError('not-found', `There is no active ${category} connection.`, { provider: category });
      if (rows.length > 1)
        throw new ProviderError('conflict', `There are several ${category} connections; name one.`, { provider: category });
      const provider = findProvider(row.provider);
      if (provider === null)
        throw new ProviderError('not-found', `The provider ${row.provider} is not installed.`, { provider: row.provider });
      const about: FailedConnection & { category: Category } = { category, id: row.id, displayName: row.displayName };
      if (isMarked(row)) {
        throw new ProviderError(
          'unauthorized',
          `The connection "${row.displayName}" does not work: ${row.verificationError ?? row.verificationStatus}`,
          { provider: provider.id, connection: about },
        );
      }
      const connection = unseal(options.keyring, provider, row, about);
      const suspect = { category, tenantId, provider, connection, credentials: row.credentials };
      const attributed = attributeErrors(provider, async (error) => {
        if (!(error instanceof ProviderError)) return error;
        const refusal = named(error, about);
        if (error.kind !== 'unauthorized') return refusal;
        return judgeRefusal({ db: options.db, connector, now: options.now, signal }, suspect, refusal);
      });
      return { id: row.id, category, provider: attributed, connection, deps: deps(provider, category, tenantId, connection, signal) };
    },

    comesToLightWithinMs: (lagMs) => options.timeoutMs + Math.min(lagMs, options.searchLagMaxMs ?? lagMs),

    openUnsaved(category, tenantId, provider, connection, signal) {
      return { id: connection.id, category, provider, connection, deps: deps(provider, category, tenantId, connection, signal) };
    },
  };
  return connector;
}

/** @throws ProviderError unauthorized where what is stored cannot be used: it must be entered again, or the operator must restore the key */
function unseal(keyring: Keyring, provider: Provider, row: ConnectionRow, about: FailedConnection & { category: Category }): Connection {
  const unusable = (why: string, cause?: unknown) =>
    new ProviderError('unauthorized', `The connection "${row.displayName}" cannot be used: ${why}`, {
      ...{ provider: provider.id, connection: about, cause },
    });
  let opened: string;
  try {
    opened = keyring.open(row.credentials, sealContext(about.category, row.id, 'credentials')).reveal();
  } catch (error) {
    if (!(error instanceof DecryptError)) throw error;
    throw unusable('its credentials cannot be decrypted. The operator must restore the key, or they must be entered again.', error);
  }
  // Its issues could quote what is secret.
  const credentials = provider.credentials.safeParse(JSON.parse(opened));
  const settings = provider.settings.safeParse(parseJson(row.settings));
  if (!credentials.success || !settings.success) {
    const what = credentials.success ? 'settings' : 'credentials';
    throw unusable(`its ${what} are not what the form of ${provider.displayName} asks for any more. They must be entered again.`);
  }
  return { id: row.id, baseUrl: row.baseUrl, credentials: credentials.data, settings: settings.data };
}
