import type { Database } from '../../db/client.ts';
import type { FailedConnection } from '../../domain/failure.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import type { Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../integrations/kit/provider-error.ts';
import { type ConnectionRow, connectionRow } from './connection-view.ts';
import { recordVerification } from './record-verification.ts';
import { type Verifier, verifyStored } from './verification.ts';

/*
 * A provider refused the credentials in the middle of work. One refusal proves little: some providers answer 401 for a single thing that the
 * account may not, or while they are in trouble. So the connection is verified before it is marked, once for all who meet the refusal.
 */

interface JudgeDeps {
  db: Database;
  connector: Verifier;
  now: () => Date;
  signal: AbortSignal;
}

interface Suspect {
  category: Category;
  tenantId: string;
  provider: Provider;
  connection: Connection;
  /** Sealed, as the refused call was made with. */
  credentials: string;
}

const CHANGED_RETRY_MS = 1_000;

/** What the refusal comes to: the same error where the connection is at fault, another kind where it is not. */
export async function judgeRefusal(deps: JudgeDeps, suspect: Suspect, refusal: ProviderError): Promise<ProviderError> {
  const { category, tenantId, provider, connection } = suspect;
  const row = await connectionRow(deps.db, category, tenantId, connection.id);
  // Mended while the call was under way: the next attempt uses what is stored now.
  if (row.credentials !== suspect.credentials) return as(refusal, 'unavailable', refusal.message, CHANGED_RETRY_MS);
  if (isMarked(row)) return refusal;
  const { connector, now, signal } = deps;
  const result = await verifyStored({ connector, tenantId, now, signal }, category, provider, connection);
  await deps.db.transact((tx) => recordVerification(tx, { category, tenantId, row, result, actor: engineActor }));
  switch (result.status) {
    case 'VALID':
      return as(refusal, 'forbidden', `${refusal.message} The connection itself was verified just now and works.`);
    case null:
      return as(refusal, 'unavailable', `${refusal.message} Whether the connection still works could not be asked now.`);
    default:
      return refusal;
  }
}

export const isMarked = ({ verificationStatus }: Pick<ConnectionRow, 'verificationStatus'>) =>
  verificationStatus === 'INVALID' || verificationStatus === 'EXPIRED';

function as(error: ProviderError, kind: ProviderErrorKind, message: string, retryAfterMs?: number): ProviderError {
  const { provider, status, connection } = error;
  return new ProviderError(kind, message, { provider, status, connection, retryAfterMs, cause: error });
}

/** The same error, naming the connection it came through. */
export function named(
  { kind, message, provider, retryAfterMs, status, cause }: ProviderError,
  connection: FailedConnection,
): ProviderError {
  return new ProviderError(kind, message, { provider, retryAfterMs, status, cause, connection });
}
