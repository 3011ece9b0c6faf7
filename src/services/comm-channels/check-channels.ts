import { askConfig, namesOf } from '../configs/ask-config.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type CommChannelsBody, commChannels } from './comm-channels.ts';

/** Whether the channels exist, where the provider tells which there are. @throws ServiceError as `askConfig` */
export async function checkChannels(deps: ServiceDeps, caller: Caller, body: CommChannelsBody): Promise<void> {
  authorise(caller, 'config:write');
  await askConfig(deps, { kind: commChannels, tenantId: caller.tenantId, body }, async ({ provider, connection, deps: inner }) => {
    const directory = provider.channelDirectory?.(connection, inner);
    if (directory === undefined) return [];
    const idOf = new Map<string, string>();
    const known = await namesOf(directory.channels(), ({ id, name }) => {
      idOf.set(name, id);
      return [id];
    });
    if (known === null) return [];
    return Object.entries(body.channels).flatMap(([bucket, channels = []]) =>
      channels.flatMap((channel, index) =>
        known.has(channel) ? [] : [{ field: `/channels/${bucket}/${index}`, message: whatIsWrong(idOf.get(channel.replace(/^#/, ''))) }],
      ),
    );
  });
}

const whatIsWrong = (idOfThatName: string | undefined): string =>
  idOfThatName === undefined
    ? 'is no channel the provider shows to these credentials'
    : `is the name of a channel, which may change: name it by its id, ${idOfThatName}`;
