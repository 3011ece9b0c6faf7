import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { mysqlSchemaMigrator } from './schema-migrator.ts';
import { verifyMysql } from './verify.ts';

/** A MySQL or MariaDB database whose schema moves with services. */
export const mysqlDatabase = defineProvider({
  id: PROVIDER,
  displayName: 'MySQL or MariaDB',
  categories: ['deployment'],
  defaultBaseUrl: null, // the server is theirs
  baseUrlSchemes: ['mysql', 'mariadb'],
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyMysql,
  schemaMigrator: mysqlSchemaMigrator,
});
