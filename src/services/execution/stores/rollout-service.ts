import { ulid } from 'ulid';
import type { Database, Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { NotificationType, StoreEvent } from '../../../domain/release/notification-data.ts';
import type { RolloutPlan } from '../../../domain/rollout/plan.ts';
import type { RolloutAct, RolloutState, RolloutStatus } from '../../../domain/rollout/rollout.ts';
import type { RolloutDecision, RolloutEvent } from '../../../domain/rollout/situation.ts';
import { type HistoryEvent, type HistoryItem, writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { Ring } from '../../../platform/ring.ts';
import type { ReleaseContext, ReleasePlatform } from '../release-source.ts';
import { type Message, tell } from '../tell.ts';

/*
 * Where rollouts stand. People's commands write the same row: every write compares its version, and whoever comes second reads again and decides
 * again. What is about to be done at the store is written with the state (`intended`), before it is done.
 */

export interface RolloutPlace {
  release: ReleaseContext;
  platform: ReleasePlatform;
  task: { id: string; runId: string };
  plan: RolloutPlan;
}

export interface StoredRollout {
  id: string;
  version: number;
  plan: RolloutPlan;
  state: RolloutState;
  /** Whether people have paused the release; a failure elsewhere, or a gate, is no such pause. */
  held: boolean;
  /** The database's clock. */
  now: Date;
}

/** The store's own page and build of what was seen, for messages. */
export interface Seen {
  buildNumber: string | null;
  url: string | null;
}

export interface RolloutService {
  /** null = it has not begun. */
  status(place: Pick<RolloutPlace, 'release' | 'platform'>): Promise<RolloutStatus | null>;
  /** The target's rollout; begun when there is none yet. */
  open(place: RolloutPlace): Promise<StoredRollout>;
  /** Writes a decision with its history and messages. @returns false when somebody wrote the row since it was read: read and decide again */
  write(place: RolloutPlace, rollout: StoredRollout, decision: RolloutDecision, seen: Seen | null): Promise<boolean>;
}

interface RolloutRow extends Omit<RolloutState, 'intended'> {
  id: string;
  version: number;
  plan: unknown;
  intended: unknown;
  held: number;
  now: Date;
}

const WHY_CHARS = 1_000;

const messageOf: Record<RolloutEvent['kind'], NotificationType | null> = {
  started: 'ROLLOUT_STARTED',
  stepped: 'ROLLOUT_STEPPED',
  halted: 'ROLLOUT_HALTED',
  resumed: 'ROLLOUT_RESUMED',
  completed: 'ROLLOUT_COMPLETED',
  unproven: 'ROLLOUT_UNPROVEN',
  // Its task fails, which is a message of its own.
  aborted: null,
};

export function createRolloutService(db: Database, ring: Ring): RolloutService {
  async function read({ release, platform, task }: RolloutPlace): Promise<StoredRollout | null> {
    const [row] = await db.rows<RolloutRow>(
      `SELECT id, version, plan, status, pause_reason AS pauseReason, step, step_reached_at AS stepReachedAt, fraction, wanted,
              advance_requested_at AS advanceRequestedAt, intended, UTC_TIMESTAMP(3) AS now,
              EXISTS (SELECT 1 FROM run_holds h WHERE h.run_id = ? AND h.reason IN ('USER_REQUESTED', 'FREEZE', 'BLOCKER')) AS held
       FROM rollouts WHERE tenant_id = ? AND release_id = ? AND target = ?`,
      [task.runId, release.tenantId, release.id, platform.target],
    );
    if (row === undefined) return null;
    const { id, version, plan, held, now, intended, ...state } = row;
    return {
      ...{ id, version, now, held: Number(held) === 1, plan: parseJson(plan) as RolloutPlan },
      state: { ...state, intended: parseJson(intended) as RolloutAct | null },
    };
  }

  async function begin(place: RolloutPlace): Promise<void> {
    const { release, platform, task, plan } = place;
    const id = ulid();
    await db.transact(async (tx) => {
      const inserted = await tx.run(
        `INSERT IGNORE INTO rollouts (id, tenant_id, release_id, platform_release_id, target, task_id, plan, status) VALUES (?)`,
        [[id, release.tenantId, release.id, platform.id, platform.target, task.id, JSON.stringify(plan), 'PENDING']],
      );
      if (inserted === 0) return;
      const version = `${platform.platform}/${platform.target} ${platform.version}`;
      await writeHistory(tx, [
        historyOf(place, id, 'CREATE', [
          { field: 'version', before: null, after: version },
          { field: 'plan', before: null, after: plan.kind },
        ]),
      ]);
      await tell(tx, ring, release, []);
    });
  }

  return {
    async status({ release, platform }) {
      const [row] = await db.rows<{ status: RolloutStatus }>(
        'SELECT status FROM rollouts WHERE tenant_id = ? AND release_id = ? AND target = ?',
        [release.tenantId, release.id, platform.target],
      );
      return row?.status ?? null;
    },

    async open(place) {
      const known = await read(place);
      if (known !== null) return known;
      await begin(place);
      const begun = await read(place);
      if (begun === null) throw new Error(`the rollout of ${place.release.id} to ${place.platform.target} is gone`);
      return begun;
    },

    write(place, rollout, decision, seen) {
      const { release } = place;
      const items = changesOf(rollout.state, decision.state);
      return db.transact(async (tx) => {
        const isSame = items.length === 0 && JSON.stringify(rollout.state) === JSON.stringify(decision.state);
        const written = await writeState(tx, release.tenantId, rollout, decision.state, isSame, seen !== null);
        if (!written) return false;
        if (items.length === 0 && decision.events.length === 0) return true;
        if (items.length > 0) {
          await writeHistory(tx, [{ ...historyOf(place, rollout.id, 'UPDATE', items), why: whyOf(decision)?.slice(0, WHY_CHARS) ?? null }]);
        }
        await tell(tx, ring, release, await messagesOf(tx, place, rollout, decision, seen));
        return true;
      });
    },
  };
}

/** A look that changed nothing leaves the version alone, so that it disturbs nobody's command. */
async function writeState(
  tx: Tx,
  tenantId: string,
  rollout: StoredRollout,
  state: RolloutState,
  isSame: boolean,
  seen: boolean,
): Promise<boolean> {
  const key = [tenantId, rollout.id, rollout.version];
  const where = 'WHERE tenant_id = ? AND id = ? AND version = ?';
  const observed = seen ? 'observed_at = UTC_TIMESTAMP(3)' : 'observed_at = observed_at';
  if (isSame) return (await tx.run(`UPDATE rollouts SET ${observed} ${where}`, key)) === 1;
  const { status, pauseReason, step, stepReachedAt, fraction, wanted, advanceRequestedAt, intended } = state;
  const changed = await tx.run(
    `UPDATE rollouts SET status = ?, pause_reason = ?, step = ?, step_reached_at = ?, fraction = ?, wanted = ?, advance_requested_at = ?,
       intended = ?, version = version + 1, updated_at = UTC_TIMESTAMP(3), ${observed} ${where}`,
    [
      ...[status, pauseReason, step, stepReachedAt, fraction, wanted, advanceRequestedAt],
      ...[intended === null ? null : JSON.stringify(intended), ...key],
    ],
  );
  return changed === 1;
}

/** Why it changed, where that is not what its plan says. */
function whyOf({ failure, events, act, wait }: RolloutDecision): string | null {
  if (failure !== null) return failure;
  const found = analysisWords({ act, events });
  if (found !== null) return found;
  if (events.some(({ outside }) => outside)) return "seen in the store's console";
  const windows = act?.do === 'halt' ? act.windows : events.find(({ kind }) => kind === 'halted')?.windows;
  if (windows !== undefined) return closed(windows);
  return wait?.for === 'window' ? wait.why : null;
}

/** What its analysis found, where that is why it is halted or stands still. */
export function analysisWords({ act, events }: Pick<RolloutDecision, 'act' | 'events'>): string | null {
  const halted = act?.do === 'halt' ? act.analysis : undefined;
  return halted ?? events.find(({ analysis }) => analysis !== undefined)?.analysis ?? null;
}

const closed = (windows: readonly string[]) => `a window closed: ${windows.join(', ')}`;

/** What people may want to know of later; what is about to be done is no change yet. */
function changesOf(before: RolloutState, after: RolloutState): HistoryItem[] {
  const fields = ['status', 'pauseReason', 'step', 'fraction', 'wanted'] as const;
  return fields
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: textOf(before[field]), after: textOf(after[field]) }));
}

const textOf = (value: string | number | null) => (value === null ? null : String(value));

async function messagesOf(
  tx: Tx,
  place: RolloutPlace,
  rollout: StoredRollout,
  decision: RolloutDecision,
  seen: Seen | null,
): Promise<Message[]> {
  const { platform, target, version } = place.platform;
  const messages: Message[] = [];
  for (const { kind, outside, windows, analysis } of decision.events) {
    const type = messageOf[kind];
    if (type === null) continue;
    const found = analysis ?? (windows === undefined ? null : closed(windows));
    const wish = outside || found !== null ? null : await wishBehind(tx, place, rollout, kind);
    const reason = found ?? wish?.why ?? null;
    const data: StoreEvent = {
      ...{ platform, target, version, outside, fraction: decision.state.fraction },
      ...{ buildNumber: seen?.buildNumber ?? null, url: seen?.url ?? null, by: wish?.name ?? null, reason },
    };
    messages.push({ type, data, dedupeKey: `${type}/${rollout.id}/${rollout.version + 1}` });
  }
  return messages;
}

const wishOf: Partial<Record<RolloutEvent['kind'], readonly string[]>> = {
  halted: ['HALT'],
  resumed: ['RUN', 'COMPLETE'],
  completed: ['COMPLETE'],
};

/** Who wanted what has come true, and why; null = nobody in particular: the plan did. */
async function wishBehind(
  tx: Tx,
  { release }: RolloutPlace,
  rollout: StoredRollout,
  kind: RolloutEvent['kind'],
): Promise<{ name: string | null; why: string | null } | null> {
  const wishes = wishOf[kind];
  if (wishes === undefined) return null;
  const [last] = await tx.rows<{ name: string | null; why: string | null; wanted: string | null; accountId: string | null }>(
    `SELECT a.display_name AS name, h.why, i.value_after AS wanted, h.account_id AS accountId
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id LEFT JOIN accounts a ON a.id = h.account_id
     WHERE h.tenant_id = ? AND h.scope_id = ? AND h.entity_type = 'rollout' AND h.entity_id = ? AND i.field = 'wanted'
     ORDER BY h.sequence DESC LIMIT 1`,
    [release.tenantId, release.id, rollout.id],
  );
  return last !== undefined && last.accountId !== null && wishes.includes(last.wanted ?? '') ? last : null;
}

const historyOf = ({ release }: RolloutPlace, id: string, action: HistoryEvent['action'], items: HistoryItem[]): HistoryEvent => ({
  ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'rollout', entityId: id },
  ...{ action, actor: engineActor, items },
});
