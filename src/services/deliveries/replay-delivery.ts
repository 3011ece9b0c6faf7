import { isValid } from 'ulid';
import { parseJson } from '../../db/schema/columns.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { STATUS_MESSAGE } from '../releases/messages/status-message.ts';
import { conflict, notFound } from '../service-error.ts';
import type { ChannelOutcome } from './delivery-row.ts';

interface Row {
  releaseId: string;
  type: string;
  status: string;
  fence: number;
  posted: unknown;
  outcomes: unknown;
}

/**
 * Has a message sent again. Channels that have it already do not get it a second time, unless `force` asks for that. The status message is edited, not posted
 * again.
 * @throws ServiceError conflict while it is still to be sent, and when every channel has it and nobody insists
 */
export async function replayDelivery(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  id: string,
  { force, releaseId }: { force: boolean; releaseId?: string },
): Promise<void> {
  authorise(caller, 'release:update');
  if (!isValid(id)) throw notFound('The delivery');
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    const [row] = await tx.rows<Row>(
      `SELECT subject_id AS releaseId, type, status, fence, posted, outcomes FROM deliveries WHERE tenant_id = ? AND id = ? FOR UPDATE`,
      [tenantId, id],
    );
    if (row === undefined || (releaseId !== undefined && row.releaseId !== releaseId)) throw notFound('The delivery');
    if (row.status === 'PENDING' || row.status === 'IN_PROGRESS') throw conflict('The delivery is still to be sent.');
    if (row.status === 'DONE' && !force) throw conflict('The delivery is done: every channel has it. With `force` it is posted once more.');
    const { posted, outcomes } = force ? again(row) : forgiven(row);
    await tx.run(
      `UPDATE deliveries SET status = 'PENDING', fence = fence + 1, run_at = UTC_TIMESTAMP(3), replayed_at = UTC_TIMESTAMP(3), failures = 0,
         failure = NULL, settled_at = NULL, posted = ?, outcomes = ?
       WHERE tenant_id = ? AND id = ?`,
      [JSON.stringify(posted), JSON.stringify(outcomes), tenantId, id],
    );
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: row.releaseId,
        entityType: 'release',
        entityId: row.releaseId,
        action: 'UPDATE',
        actor: actorOf(caller),
        why: force ? 'message sent again on purpose' : 'message sent again',
        items: [{ field: `delivery:${row.type}`, before: row.status, after: 'PENDING' }],
      },
    ]);
    tx.afterCommit(() => deps.ring([{ kind: 'delivery', queue: 'deliveries', id, fence: row.fence + 1, tenantId }]));
  });
}

interface Progress {
  posted: Record<string, string>;
  outcomes: Record<string, ChannelOutcome>;
}

/** Channels that refused it are asked again; those that have it are left alone. */
function forgiven(row: Row): Progress {
  const { posted, outcomes } = progressOf(row);
  const healed = Object.entries(outcomes).map(([channelId, { failure: _failure, ...outcome }]) => [channelId, outcome] as const);
  return { posted, outcomes: Object.fromEntries(healed) };
}

/** Every channel gets it once more, under another key: what is there already must not be taken for it. */
function again(row: Row): Progress {
  const { posted, outcomes } = progressOf(row);
  const channelIds = [...new Set([...Object.keys(posted), ...Object.keys(outcomes)])];
  if (row.type === STATUS_MESSAGE) {
    // What it says counts as unknown, so it is written anew.
    const unknown = channelIds.map((channelId) => {
      const { digest: _digest, isFinal: _isFinal, failure: _failure, ...outcome } = outcomes[channelId] ?? {};
      return [channelId, outcome] as const;
    });
    return { posted, outcomes: Object.fromEntries(unknown) };
  }
  const copies = channelIds.map((channelId) => [channelId, { copy: (outcomes[channelId]?.copy ?? 0) + 1 }] as const);
  return { posted: {}, outcomes: Object.fromEntries(copies) };
}

const progressOf = ({ posted, outcomes }: Row): Progress => ({
  posted: (parseJson(posted) as Progress['posted'] | null) ?? {},
  outcomes: (parseJson(outcomes) as Progress['outcomes'] | null) ?? {},
});
