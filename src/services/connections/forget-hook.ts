import type { Category } from '../../integrations/kit/define-provider.ts';
import type { ServiceDeps } from '../context.ts';
import type { ConnectionRow } from './connection-view.ts';
import { providerFor } from './parse-connection.ts';
import { registrarOf } from './register-webhook.ts';
import { openConnection } from './seal-connection.ts';

/** Somebody waits for the deletion, not for this. */
const TIMEOUT_MS = 5_000;

/** Removes the hook of a connection that was just deleted, with the credentials as they were. Trouble is logged and changes nothing. */
export async function forgetHook(
  deps: Pick<ServiceDeps, 'connector' | 'keyring' | 'logger' | 'publicUrl'>,
  category: Category,
  tenantId: string,
  row: ConnectionRow,
): Promise<void> {
  if (row.webhookSecret === null || row.verificationStatus === 'INVALID' || row.verificationStatus === 'EXPIRED') return;
  try {
    const provider = providerFor(category, row.provider);
    const registrar = registrarOf(provider, deps.publicUrl, row);
    if (registrar.problem !== null) return;
    const connection = openConnection(deps.keyring, category, provider, row);
    const open = deps.connector.openUnsaved(category, tenantId, provider, connection, AbortSignal.timeout(TIMEOUT_MS));
    await provider.webhookRegistrar?.(open.connection, open.deps).removeHook(registrar.url);
  } catch (error) {
    deps.logger.warn({ err: error, integrationId: row.id, category }, 'the webhook of a deleted connection could not be removed');
  }
}
