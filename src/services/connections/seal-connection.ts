import { parseJson } from '../../db/schema/columns.ts';
import type { Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import type { Keyring } from '../../platform/crypto.ts';
import type { ConnectionRow } from './connection-view.ts';
import { sealContext } from './tables.ts';

/** Credentials are sealed as they were entered; the provider's form parses them again when they are opened. */
export const sealCredentials = (keyring: Keyring, category: Category, id: string, credentials: Record<string, unknown>): string =>
  keyring.seal(JSON.stringify(credentials), sealContext(category, id, 'credentials'));

export const sealWebhookSecret = (keyring: Keyring, category: Category, id: string, secret: string): string =>
  keyring.seal(secret, sealContext(category, id, 'webhook_secret'));

export function openCredentials(
  keyring: Keyring,
  category: Category,
  row: Pick<ConnectionRow, 'id' | 'credentials'>,
): Record<string, unknown> {
  return JSON.parse(keyring.open(row.credentials, sealContext(category, row.id, 'credentials')).reveal()) as Record<string, unknown>;
}

/** A stored connection whatever its verification says; for verifying it again. */
export function openConnection(keyring: Keyring, category: Category, provider: Provider, row: ConnectionRow): Connection {
  return {
    id: row.id,
    baseUrl: row.baseUrl,
    credentials: provider.credentials.parse(openCredentials(keyring, category, row)),
    settings: provider.settings.parse(parseJson(row.settings)),
  };
}
