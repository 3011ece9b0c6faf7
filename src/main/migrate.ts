import { migrate } from '../db/migrate.ts';
import { ConfigError, parsePart } from '../platform/config.ts';
import { createLogger } from '../platform/logger.ts';

/** `npm run migrate`: brings the schema up to date and exits 0, or says why it could not and exits 1; 2 = wrong configuration. */
async function main(): Promise<number> {
  const config = parsePart(process.env, ['DATABASE_URL', 'LOG_LEVEL']);
  const logger = createLogger({ level: config.logLevel, name: 'migrate' });
  try {
    await migrate({ url: config.databaseUrl, logger });
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, 'the migration failed');
    return 1;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
