import type { Sql } from '../../db/client.ts';
import type { Permission } from '../../domain/access/permissions.ts';
import type { Caller } from '../context.ts';
import { iso } from '../releases/instant.ts';
import { type HistoryEventView, itemsOfEvents } from '../releases/list-history.ts';
import type { EventHead } from './decided-events.ts';

/** One change, as streams tell it. */
export interface EventView {
  /** Its number in the history: where to go on after. */
  id: string;
  /** What changed and how, e.g. `task.update`. */
  type: string;
  at: string;
  data: HistoryEventView & {
    /** The release, config, connection or member it belongs to. */
    scopeId: string;
  };
}

/** Which changes somebody hears of. */
export interface EventScope {
  tenantId: string;
  /** null = everything of the tenant. */
  scopeId: string | null;
}

/** Of what is not told here, whoever may read releases may hear. */
const permissionFor: Partial<Record<string, Permission>> = {
  config: 'config:read',
  integration: 'integration:read',
  token: 'token:write',
  member: 'member:write',
};

export const mayHear = (caller: Caller, entityType: string): boolean => caller.permissions.has(permissionFor[entityType] ?? 'release:read');

/** With their items, in one query. */
export async function eventViews(sql: Sql, heads: readonly EventHead[]): Promise<EventView[]> {
  const items = await itemsOfEvents(
    sql,
    heads.map(({ id }) => id),
  );
  return heads.map(({ sequence, id, at, scopeId, entityType, entityId, action, accountId, displayName, why }) => ({
    id: String(sequence),
    type: `${entityType}.${action.toLowerCase()}`,
    at: iso(at),
    data: {
      ...{ id, at: iso(at), scopeId, entityType, entityId, action, why },
      by: accountId === null ? null : { accountId, displayName: displayName ?? accountId },
      items: items.get(id) ?? [],
    },
  }));
}
