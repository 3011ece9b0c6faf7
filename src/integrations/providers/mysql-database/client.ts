import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type MysqlConnection, PROVIDER, serverOf } from './identity.ts';
import { databaseTrouble } from './mysql-error.ts';

export interface Client {
  /** One statement with its values; rows as objects, instants as Date. */
  rows<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** One statement as it stands, without values; what it answers is dropped. Errors come as the library's. */
  statement(sql: string): Promise<void>;
  /** Of this connection, at the server. */
  threadId: number;
}

/** One conversation with the database, over a connection whose address was judged. Whatever ends it, the server lets go of its locks. */
export function withDatabase<T>(
  connection: MysqlConnection,
  deps: AdapterDeps,
  { operation, timeoutMs }: { operation: string; timeoutMs?: number },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { credentials, settings } = connection;
  const server = serverOf(connection.baseUrl);
  const target = { ...server, operation, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return deps.session(target, async ({ socket, isInside }) => {
    const isEncrypted = demandsTls(connection, isInside);
    let opened: Connection | null = null;
    try {
      opened = await createConnection({
        ...server,
        stream: socket,
        user: credentials.user,
        password: credentials.password.reveal(),
        database: settings.database,
        ...(isEncrypted ? { ssl: tlsOf(settings.certificate) } : {}),
        charset: 'utf8mb4',
        timezone: 'Z',
        multipleStatements: false,
        // A migration sends no files of the machine of Signalbox.
        flags: ['-LOCAL_FILES'],
      });
      // Otherwise a connection that breaks off between two statements would end the process.
      opened.on('error', () => undefined);
      return await work(clientOf(opened));
    } catch (error) {
      throw databaseTrouble(error, operation);
    } finally {
      opened?.destroy();
    }
  });
}

function clientOf(opened: Connection): Client {
  return {
    threadId: opened.threadId,
    async rows<T extends object>(sql: string, values: readonly unknown[] = []) {
      const [rows] = await opened.query<RowDataPacket[]>(sql, [...values]);
      return rows as unknown as T[];
    },
    async statement(sql) {
      await opened.query({ sql, rowsAsArray: true });
    },
  };
}

const tlsOf = (certificate: string | undefined) => ({
  ...(certificate === undefined ? {} : { ca: certificate }),
  minVersion: 'TLSv1.2' as const,
  rejectUnauthorized: true,
  verifyIdentity: true,
});

/** Whether the conversation must be encrypted. Not only where it never leaves the operator's network. */
function demandsTls({ settings }: MysqlConnection, isInside: boolean): boolean {
  if (!settings.allowUnencrypted) return true;
  if (isInside) return false;
  const why = 'the server is outside the private network: switch off allowUnencrypted';
  throw new ProviderError('forbidden', `${PROVIDER}: the database is not talked to unencrypted, because ${why}`, { provider: PROVIDER });
}
