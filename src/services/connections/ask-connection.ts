import type { Category } from '../../integrations/kit/define-provider.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { ServiceDeps } from '../context.ts';
import type { OpenConnection } from './connect.ts';

/** For all calls and pages of one question together: somebody waits for the answer. */
const TIMEOUT_MS = 20_000;

interface StoredConnection {
  category: Category;
  tenantId: string;
  id: string;
}

/**
 * Asks a stored connection's provider while somebody waits for the answer.
 * @param within ends it earlier, with its own reason: a lock that was lost
 * @throws ProviderError for whatever the provider has to say against it; `timeout` when it takes longer than anybody waits
 */
export async function askConnection<T>(
  deps: Pick<ServiceDeps, 'connector'>,
  { category, tenantId, id }: StoredConnection,
  ask: (open: OpenConnection) => Promise<T>,
  within?: AbortSignal,
): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = within === undefined ? timeout : AbortSignal.any([timeout, within]);
  let provider: string = category;
  try {
    const open = await deps.connector.open(category, tenantId, id, signal);
    provider = open.provider.id;
    return await ask(open);
  } catch (error) {
    if (error !== timeout.reason || !timeout.aborted) throw error;
    throw new ProviderError('timeout', `${provider} did not answer within ${TIMEOUT_MS / 1000} s.`, { provider });
  }
}
