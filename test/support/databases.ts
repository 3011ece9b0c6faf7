import { randomBytes } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';

export interface DatabaseServer {
  name: 'mariadb' | 'mysql';
  /** Root on the server, no database in the path. */
  url: string;
}

/**
 * The servers every data test runs on: `describe.each(testDatabases())`. `npm test` starts them and names them in the
 * environment; without it, the server of this machine.
 */
export function testDatabases(): DatabaseServer[] {
  const servers: DatabaseServer[] = [{ name: 'mariadb', url: process.env.TEST_DATABASE_URL ?? 'mysql://root@127.0.0.1:3306' }];
  if (process.env.TEST_MYSQL_URL) servers.push({ name: 'mysql', url: process.env.TEST_MYSQL_URL });
  return servers;
}

/** Where all points are tried in turn: the second server is asked about the differences of its dialect, not about all of it again. */
export const everyNth = ({ name }: DatabaseServer): number => (name === 'mariadb' ? 1 : 7);

export interface TestDatabase {
  name: string;
  url: string;
  drop(): Promise<void>;
}

/** An empty database of its own name, so that files and runs never meet. Drop it when done. */
export async function createTestDatabase(server: DatabaseServer): Promise<TestDatabase> {
  const name = `test_${Date.now().toString(36)}_${randomBytes(5).toString('hex')}`;
  await onServer(server, (connection) => connection.query(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`));
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: () => onServer(server, (connection) => connection.query(`DROP DATABASE IF EXISTS \`${name}\``)),
  };
}

async function onServer(server: DatabaseServer, work: (connection: Connection) => Promise<unknown>): Promise<void> {
  const url = new URL(server.url);
  url.pathname = '';
  const connection = await createConnection({ uri: url.href, connectTimeout: 10_000 });
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}
