import type { Channel } from '../../integrations/capabilities/messaging.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { askProvider, type ListQuery, lacks, type ProviderList, take } from './ask-provider.ts';

/**
 * Channels that a channel config can name, as the chat tells them now.
 * @throws ProviderError invalid where the provider has no list of them
 */
export function listChannels(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  id: string,
  query: ListQuery,
): Promise<ProviderList<Channel>> {
  return askProvider(
    deps,
    caller,
    { category: 'communication', id, permission: 'config:write' },
    ({ provider, connection, deps: inner }) => {
      const directory = provider.channelDirectory?.(connection, inner);
      if (directory === undefined) throw lacks(provider, 'list of channels: name the channel itself');
      return take(directory.channels(), query, ({ name }) => name);
    },
  );
}
