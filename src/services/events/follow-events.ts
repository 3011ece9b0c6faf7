import type { Database } from '../../db/client.ts';
import { authorise, type Caller } from '../context.ts';
import { findDeploymentRun } from '../deployments/deployment-row.ts';
import { findRunOf } from '../releases/release-row.ts';
import { invalid } from '../service-error.ts';
import { type EventHead, headColumns, headTables } from './decided-events.ts';
import type { EventHub } from './event-hub.ts';
import { type EventScope, type EventView, eventViews, mayHear } from './event-view.ts';

export interface EventDeps {
  db: Database;
  events: EventHub;
}

export interface EventQuestion {
  /** What it is about; null = everything of the tenant. */
  about: { kind: 'release' | 'deployment'; id: string } | null;
  /** The number of the last event that is known; null = a release or deployment from its beginning, a tenant from now on. */
  after: number | null;
}

export interface EventList {
  items: EventView[];
  /** What to ask for next as `after`: also when nothing came. */
  after: string;
  hasMore: boolean;
}

const PAGE = 200;

/** What happened after an event, oldest first, as far as nothing can come in between any more. */
export async function listEvents(deps: EventDeps, caller: Caller, question: EventQuestion, limit: number): Promise<EventList> {
  const scope = await scopeOf(deps, caller, question);
  const upTo = await deps.events.refresh();
  const after = await startOf(deps, question, upTo);
  const heads = await readHeads(deps, scope, after, upTo, limit + 1);
  const page = heads.slice(0, limit);
  const hasMore = heads.length > limit;
  const items = await eventViews(
    deps.db,
    page.filter(({ entityType }) => mayHear(caller, entityType)),
  );
  const last = hasMore ? (page.at(-1)?.sequence ?? after) : Math.max(after, upTo);
  return { items, after: String(last), hasMore };
}

/**
 * The same without an end: first what has happened, then what happens, in order, each once. Ends when whoever listens goes, or the process
 * stops. Refusals are thrown before the first event.
 */
export async function followEvents(deps: EventDeps, caller: Caller, question: EventQuestion, tokenId: string): Promise<EventFeed> {
  const scope = await scopeOf(deps, caller, question);
  const join = () => deps.events.join(scope, { accountId: caller.accountId, tokenId });
  let last = await startOf(deps, question, await deps.events.refresh());
  let listener = join();
  const isHeard = ({ entityType }: { entityType: string }) => mayHear(caller, entityType);
  /** What had passed when it joined. */
  async function* passed(): AsyncGenerator<EventView, void> {
    for (let isMore = true; isMore && !listener.hasEnded(); ) {
      const heads = await readHeads(deps, scope, last, listener.from, PAGE);
      yield* await eventViews(deps.db, heads.filter(isHeard));
      last = heads.at(-1)?.sequence ?? last;
      isMore = heads.length === PAGE;
    }
  }

  /** What happens then, until the listener leaves or falls behind. */
  async function* live(): AsyncGenerator<EventView, void> {
    for (let views = await listener.take(); views !== null && views !== 'behind'; views = await listener.take()) {
      for (const view of views) {
        // Another process was ahead of this one, and told it before.
        if (Number(view.id) <= last) continue;
        if (isHeard(view.data)) yield view;
        last = Number(view.id);
      }
    }
  }

  async function* events(): AsyncGenerator<EventView, void> {
    try {
      for (;;) {
        yield* passed();
        yield* live();
        const isOver = listener.hasEnded();
        listener.leave();
        if (isOver) return;
        // Too slow for what came: again from the rows.
        listener = join();
      }
    } finally {
      listener.leave();
    }
  }

  return {
    events: events(),
    leave: () => listener.leave(),
  };
}

export interface EventFeed {
  events: AsyncGenerator<EventView, void>;
  leave(): void;
}

async function scopeOf(deps: EventDeps, caller: Caller, { about }: EventQuestion): Promise<EventScope> {
  authorise(caller, 'release:read');
  if (about?.kind === 'release') await findRunOf(deps.db, caller, about.id);
  if (about?.kind === 'deployment') await findDeploymentRun(deps.db, caller, about.id);
  return { tenantId: caller.tenantId, scopeId: about?.id ?? null };
}

/** @throws ServiceError invalid for a number that was never handed out: whoever waited behind it would hear of nothing */
async function startOf({ db }: EventDeps, { about, after }: EventQuestion, upTo: number): Promise<number> {
  if (after === null) return about === null ? upTo : 0;
  if (after <= upTo) return after;
  // Another process may be ahead of this one, never of the rows.
  const [row] = await db.rows<{ newest: number | null }>('SELECT MAX(sequence) AS newest FROM state_history');
  const newest = row?.newest ?? 0;
  if (after <= newest) return after;
  throw invalid([{ field: '?after', message: `is no event that was ever told, the newest is ${newest}: begin anew` }]);
}

function readHeads({ db }: EventDeps, { tenantId, scopeId }: EventScope, after: number, upTo: number, limit: number): Promise<EventHead[]> {
  return db.rows<EventHead>(
    `SELECT ${headColumns} FROM ${headTables}
     WHERE h.tenant_id = ?${scopeId === null ? '' : ' AND h.scope_id = ?'} AND h.sequence > ? AND h.sequence <= ? ORDER BY h.sequence LIMIT ?`,
    [tenantId, ...(scopeId === null ? [] : [scopeId]), after, upTo, limit],
  );
}
