import type { Permission } from '../../domain/access/permissions.ts';
import type { Category, Provider } from '../../integrations/kit/define-provider.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { askConnection } from './ask-connection.ts';
import type { OpenConnection } from './connect.ts';
import { connectionRow } from './connection-view.ts';

/** What is filtered is read to find the matches; beyond this the answer says that it is not the whole. */
const MAX_READ = 5_000;

export interface ProviderList<T> {
  items: T[];
  /** There is more, or may be: narrow it down with `q`. */
  truncated: boolean;
}

export interface ListQuery {
  /** Part of the name, in any case. */
  q?: string | undefined;
  /** 1 to 100. */
  limit: number;
}

interface Question {
  category: Category;
  id: string;
  permission: Permission;
}

/**
 * Asks a stored connection's provider something on behalf of a person.
 * @throws ServiceError not-found for an unknown connection; ProviderError for whatever the provider has to say against it
 */
export async function askProvider<T>(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  { category, id, permission }: Question,
  ask: (open: OpenConnection) => Promise<T>,
): Promise<T> {
  authorise(caller, permission);
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  return askConnection(deps, { category, tenantId: caller.tenantId, id: row.id }, ask);
}

/** @throws ProviderError invalid where the provider lacks the capability */
export function lacks(provider: Provider, what: string): ProviderError {
  return new ProviderError('invalid', `${provider.displayName} has no ${what}.`, { provider: provider.id });
}

/** The first matches of a provider's list, in its own order. */
export async function take<T>(
  list: AsyncIterable<T> | Iterable<T>,
  { q, limit }: ListQuery,
  nameOf: (item: T) => string,
): Promise<ProviderList<T>> {
  const wanted = q?.toLowerCase() ?? '';
  const items: T[] = [];
  let read = 0;
  for await (const item of list) {
    read += 1;
    if (nameOf(item).toLowerCase().includes(wanted)) {
      if (items.length === limit) return { items, truncated: true };
      items.push(item);
    }
    if (read === MAX_READ) return { items, truncated: true };
  }
  return { items, truncated: false };
}
