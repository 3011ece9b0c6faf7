import type { Database } from '../db/client.ts';
import type { Permission } from '../domain/access/permissions.ts';
import type { RunDefinitions } from '../engine/run-definition.ts';
import type { Actor } from '../engine/vocabulary.ts';
import type { Keyring } from '../platform/crypto.ts';
import type { Locks } from '../platform/lock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Ring } from '../platform/ring.ts';
import type { Connector } from './connections/connect.ts';
import type { VerifyDone } from './releases/tasks/verify-done.ts';
import { ServiceError } from './service-error.ts';

/** What every use case is given: built once per process. */
export interface ServiceDeps {
  db: Database;
  ring: Ring;
  definitions: RunDefinitions;
  keyring: Keyring;
  connector: Connector;
  locks: Locks;
  logger: Logger;
  /** Whether the work of a task is done, by whom it concerns. */
  verifyDone: VerifyDone;
  /** Where people and providers reach the API, without trailing slash. */
  publicUrl: string;
}

/** A request that came with an Idempotency-Key: whoever repeats it gets the first answer again. */
export interface IdempotencyClaim {
  key: string;
  /** When the row was claimed, by the database's clock. */
  since: Date;
}

/** Who asks, already authenticated; every use case checks its permission itself. */
export interface Caller {
  tenantId: string;
  accountId: string;
  permissions: ReadonlySet<Permission>;
  /** The chat in which they said it (a provider's id); absent = through the API. */
  via?: string;
  /** Set when the request came with an Idempotency-Key; see `rememberAnswer`. */
  idempotency?: IdempotencyClaim;
}

export const actorOf = ({ accountId, via }: Caller): Actor => ({ kind: 'account', accountId, ...(via === undefined ? {} : { via }) });

/** @throws ServiceError forbidden */
export function authorise(caller: Caller, permission: Permission): void {
  if (!caller.permissions.has(permission)) throw new ServiceError('forbidden', `This needs the permission ${permission}.`);
}
