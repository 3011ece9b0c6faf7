import { Refusal } from './progress.mjs';

/**
 * One statement on a fresh connection. The driver is the project's own, so this works once dependencies are installed;
 * a real answer, not an open port, is what says that a server is up (mariadbd opens its port before it can be stopped cleanly).
 */
export async function query(url, statement) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ uri: url, connectTimeout: 2000 });
  try {
    const [rows] = await connection.query(statement);
    return rows;
  } finally {
    connection.destroy();
  }
}

/** `url` with another database in its path; '' = none. */
export function withDatabase(url, database) {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href.replace(/\/$/, '');
}

/** Ids compare byte by byte, so a database of ours has a binary collation, whatever the server's default is. */
export async function createDatabase(serverUrl, name) {
  await query(withDatabase(serverUrl, ''), `CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  return withDatabase(serverUrl, name);
}

/** Refuses in one sentence when the database somebody pointed us at does not answer. */
export async function requireDatabase(url) {
  try {
    await query(url, 'SELECT 1');
  } catch (error) {
    const { host } = new URL(url);
    throw new Refusal(
      `DATABASE_URL is set, but the server at ${host} does not answer (${error.code ?? 'no code'}); start it or unset the variable.`,
    );
  }
}
