import { monotonicFactory } from 'ulid';
import type { Sql, Statement } from '../db/client.ts';
import { type Actor, accountIdOf } from './vocabulary.ts';

export interface HistoryItem {
  field: string;
  before: string | null;
  after: string | null;
  /** When the change moved another row than the event's own. */
  entityId?: string;
}

export interface HistoryEvent {
  tenantId: string;
  /** What the history is read by: the run's subject, a config, a connection. */
  scopeId: string;
  entityType:
    | 'release'
    | 'run'
    | 'stage'
    | 'task'
    | 'slot'
    | 'cycle'
    | 'approval'
    | 'blocker'
    | 'milestone'
    | 'submission'
    | 'rollout'
    | 'notes'
    | 'upload'
    | 'store-notes'
    | 'deployment'
    | 'snapshot'
    | 'config'
    | 'integration'
    | 'token'
    | 'member';
  entityId: string;
  action: 'CREATE' | 'UPDATE' | 'REMOVE' | 'ADD';
  actor: Actor;
  why?: string | null;
  items: readonly HistoryItem[];
}

const historyId = monotonicFactory();

/** Writes events in the transaction of the change they tell of. */
export async function writeHistory(sql: Sql, events: readonly HistoryEvent[]): Promise<void> {
  await sql.batch(historyStatements(events));
}

/** What changed, and where it was said when that was not the API. */
const itemsOf = ({ actor, items }: HistoryEvent): readonly HistoryItem[] =>
  actor.kind === 'account' && actor.via !== undefined ? [...items, { field: 'via', before: null, after: actor.via }] : items;

export function historyStatements(events: readonly HistoryEvent[]): Statement[] {
  if (events.length === 0) return [];
  const heads: (string | null)[][] = [];
  const items: (string | number | null)[][] = [];
  for (const event of events) {
    const id = historyId();
    heads.push([
      id,
      event.tenantId,
      event.scopeId,
      event.entityType,
      event.entityId,
      event.action,
      accountIdOf(event.actor),
      event.why ?? null,
    ]);
    itemsOf(event).forEach((item, ordinal) => {
      items.push([id, ordinal, item.entityId ?? null, item.field, item.before, item.after]);
    });
  }
  const statements: Statement[] = [
    ['INSERT INTO state_history (id, tenant_id, scope_id, entity_type, entity_id, action, account_id, why) VALUES ?', [heads]],
  ];
  if (items.length > 0) {
    statements.push([
      'INSERT INTO state_history_items (history_id, ordinal, entity_id, field, value_before, value_after) VALUES ?',
      [items],
    ]);
  }
  return statements;
}

export const statusItem = (before: string, after: string, entityId?: string): HistoryItem => ({
  field: 'status',
  before,
  after,
  ...(entityId === undefined ? {} : { entityId }),
});
