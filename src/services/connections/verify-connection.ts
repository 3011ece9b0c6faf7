import type { Category } from '../../integrations/kit/define-provider.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { type ConnectionView, connectionRow, connectionView } from './connection-view.ts';
import { providerFor } from './parse-connection.ts';
import { recordVerification } from './record-verification.ts';
import { openConnection } from './seal-connection.ts';
import { verifyStored } from './verification.ts';

/** Asks the provider now. The answer is in the view, good or bad; only a change of the connection meanwhile is an error. */
export async function verifyConnection(deps: ServiceDeps, caller: Caller, category: Category, id: string): Promise<ConnectionView> {
  authorise(caller, 'integration:write');
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  const provider = providerFor(category, row.provider);
  const connection = openConnection(deps.keyring, category, provider, row);
  const result = await verifyStored(
    { connector: deps.connector, tenantId: caller.tenantId, now: () => new Date() },
    category,
    provider,
    connection,
  );
  return deps.db.transact(async (tx) => {
    const written = await recordVerification(tx, { category, tenantId: caller.tenantId, row, result, actor: actorOf(caller) });
    if (!written) throw conflict('The integration was changed while it was being verified; verify it again.');
    return connectionView(await connectionRow(tx, category, caller.tenantId, id), category, deps.publicUrl);
  });
}
