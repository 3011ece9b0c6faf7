import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { withDatabase } from './client.ts';
import type { MysqlConnection } from './identity.ts';

/** Asks who answers and as whom; changes nothing. What the user may change shows when something is changed. */
export async function verifyMysql(connection: MysqlConnection, deps: AdapterDeps): Promise<Verification> {
  try {
    return await withDatabase(connection, deps, { operation: 'ask who answers' }, async (client): Promise<Verification> => {
      const [server] = await client.rows<{ version: string; user: string; readOnly: number }>(
        'SELECT VERSION() AS version, CURRENT_USER() AS user, @@read_only AS readOnly',
      );
      if (server === undefined) throw new Error('the database answered a SELECT without rows');
      const { version, user, readOnly } = server;
      if (readOnly === 1) return { ok: false, problems: ['The server takes no changes (read_only): name the one that the others follow.'] };
      return { ok: true, account: `${user} at ${nameOf(version)}`, expiresAt: null, rateLimit: null };
    });
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [`The database does not let us in: ${error.message}.`] };
  }
}

const nameOf = (version: string) => (/mariadb/i.test(version) ? `MariaDB ${version.replace(/-MariaDB.*/i, '')}` : `MySQL ${version}`);
