import type { Tx } from '../../db/client.ts';
import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import type { HistoryItem } from '../../engine/history.ts';
import type { Caller } from '../context.ts';
import { invalid, type Problem } from '../service-error.ts';
import { usability } from './demand-references.ts';
import { type SubConfigChanges, subConfigs } from './sub-configs.ts';
import { writeSubConfigs } from './write-sub-configs.ts';

export interface Settled {
  body: ReleaseConfigBody;
  /** About parts of the config that may be used, but should be looked after. */
  warnings: Problem[];
  /** What changed inside of its parts. */
  items: HistoryItem[];
}

/**
 * Writes what is written out in a release config and checks the whole of it.
 * @throws ServiceError invalid with every problem at once, each at the field of the request
 */
export async function settleReleaseConfig(
  tx: Tx,
  caller: Caller,
  owner: { id: string; name: string },
  given: { body: ReleaseConfigBody; changes: SubConfigChanges },
): Promise<Settled> {
  const { body, problems, told, items } = await writeSubConfigs(tx, caller, owner, given);
  const found = await usability(tx, caller.tenantId, body);
  const inRequest = ({ field, message }: Problem): Problem => ({ field: placeOf(field, given.changes), message });
  const all = [...problems, ...found.problems.filter(({ field }) => !told.includes(field)).map(inRequest)];
  if (all.length > 0) throw invalid(all);
  return { body, warnings: found.warnings.map(inRequest), items };
}

/** Where a field of the config stands in the request: `/ciConfigId` is `/ci/configId` there, or the connection of what is written out. */
function placeOf(field: string, changes: SubConfigChanges): string {
  for (const { part, field: named } of subConfigs) {
    const change = changes[part];
    if (field !== `/${named}` || change === undefined || change === null) continue;
    return 'configId' in change ? `/${part}/configId` : `/${part}/integrationId`;
  }
  const [, index] = /^\/stores\/(\d+)\/storeConfigId$/.exec(field) ?? [];
  const isInline = index !== undefined && changes.stores?.[Number(index)]?.config !== undefined;
  return isInline ? `/stores/${index}/config/integrationId` : field;
}
