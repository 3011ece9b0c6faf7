import { oneLine } from '../../kit/portable-text.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/** What the server said, by its error codes, and what the client library made of it. */

const MAX_WORDS = 500;

const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  ER_ACCESS_DENIED_ERROR: 'unauthorized',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'unauthorized',
  ER_ACCESS_DENIED_CHANGE_USER_ERROR: 'unauthorized',
  ER_ACCOUNT_HAS_BEEN_LOCKED: 'unauthorized',
  ER_MUST_CHANGE_PASSWORD: 'unauthorized',
  ER_MUST_CHANGE_PASSWORD_LOGIN: 'unauthorized',
  ER_DBACCESS_DENIED_ERROR: 'forbidden',
  ER_TABLEACCESS_DENIED_ERROR: 'forbidden',
  ER_COLUMNACCESS_DENIED_ERROR: 'forbidden',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'forbidden',
  ER_HOST_NOT_PRIVILEGED: 'forbidden',
  ER_HOST_IS_BLOCKED: 'forbidden',
  ER_BAD_DB_ERROR: 'not-found',
  ER_CON_COUNT_ERROR: 'unavailable',
  ER_TOO_MANY_USER_CONNECTIONS: 'unavailable',
  ER_USER_LIMIT_REACHED: 'unavailable',
  ER_SERVER_SHUTDOWN: 'unavailable',
  ER_NORMAL_SHUTDOWN: 'unavailable',
  ER_LOCK_WAIT_TIMEOUT: 'unavailable',
  ER_LOCK_DEADLOCK: 'unavailable',
};

/** Codes of MariaDB and of proxies that the library has no name for. */
const lostNumbers: ReadonlySet<number> = new Set([1927, 2006, 2013, 3169, 4031]);

interface DatabaseError {
  code: string;
  errno: number | null;
  /** The server's own words; null = it said nothing. */
  words: string | null;
  fatal: boolean;
}

/** null for what is no error of the database or its library. */
export function databaseError(error: unknown): DatabaseError | null {
  if (!(error instanceof Error) || error instanceof ProviderError || !('code' in error) || typeof error.code !== 'string') return null;
  const words = 'sqlMessage' in error && typeof error.sqlMessage === 'string' ? oneLine(error.sqlMessage, MAX_WORDS) : null;
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : null;
  return { code: error.code, errno, words, fatal: 'fatal' in error && error.fatal === true };
}

/** Whether the connection is gone, so that nobody can tell what became of the statement. */
export const isLost = ({ code, errno, words, fatal }: DatabaseError): boolean =>
  fatal || words === null || (errno !== null && lostNumbers.has(errno)) || code === 'ER_SERVER_SHUTDOWN' || code === 'ER_NORMAL_SHUTDOWN';

/** Errors of the library as ours; everything else comes back as it is. */
export function databaseTrouble(error: unknown, operation: string): unknown {
  const found = databaseError(error);
  if (found === null) return error;
  const { code, words } = found;
  const trouble = (kind: ProviderErrorKind, why: string) =>
    new ProviderError(kind, `${PROVIDER}: ${operation} failed: ${why}`, { provider: PROVIDER });
  const known = kinds[code];
  if (known !== undefined) return trouble(known, words ?? code);
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return trouble('invalid', 'the server offers no TLS: set it up there, or allowUnencrypted inside a network of your own');
  }
  if (code === 'HANDSHAKE_SSL_ERROR' || /certificate|self.signed|altname|issuer|ERR_TLS|DEPTH_ZERO|UNABLE_TO/i.test(code)) {
    return trouble('invalid', 'the certificate of the server is not trusted: put that of your own authority into the settings');
  }
  if (words !== null && !isLost(found)) return trouble('invalid', words);
  // What the socket itself says is told apart by the door to it.
  if (/^E[A-Z]+$/.test(code) && code !== 'EPROTO') return error;
  return trouble('unavailable', 'the connection broke off');
}
