import type { Database, Tx } from '../db/client.ts';
import { parseJson } from '../db/schema/columns.ts';
import { LeaseLostError } from './lease.ts';
import type { ClaimedTask } from './vocabulary.ts';

export interface Intent {
  /** An earlier attempt came this far: its write may have happened. */
  repeated: boolean;
  /** When the first attempt was about to write, by the database's clock. */
  since: Date;
  /** How long ago the latest attempt was about to write, milliseconds by the database's clock. */
  agoMs: number;
  /** What the first attempt had decided to write; a later one must write the same. */
  value: string | null;
}

/**
 * Stores that this task is about to write `effect` to a provider, before it does. Whoever runs the task again finds the intent, and looks for
 * the effect instead of writing it anew.
 * @throws LeaseLostError when the task is no longer ours: then nothing may be written.
 */
export async function recordIntent(db: Database, task: ClaimedTask, effect: string, value: string | null): Promise<Intent> {
  const { intent, repeated, now } = await db.transact(async (tx) => {
    const { now, stored } = await lockIntents(tx, task);
    const known = stored[effect];
    if (known !== undefined) return { intent: known, repeated: true, now };
    const intent: ClaimedTask['intents'][string] = { at: now.toISOString(), value };
    await writeIntents(tx, task, { ...stored, [effect]: intent });
    return { intent, repeated: false, now };
  });
  task.intents[effect] = intent;
  const agoMs = now.getTime() - Date.parse(intent.again ?? intent.at);
  return { repeated, since: new Date(intent.at), agoMs, value: intent.value };
}

/**
 * Stores that an effect is about to be written once more, because it was looked for long enough and is not there. Whoever comes after a crash
 * must wait for this writing as it did for the first.
 * @throws LeaseLostError when the task is no longer ours: then nothing may be written.
 */
export async function renewIntent(db: Database, task: ClaimedTask, effect: string): Promise<void> {
  task.intents[effect] = await db.transact(async (tx) => {
    const { now, stored } = await lockIntents(tx, task);
    const known = stored[effect];
    if (known === undefined) throw new Error(`there is no intent ${effect} to renew`);
    const intent = { ...known, again: now.toISOString() };
    await writeIntents(tx, task, { ...stored, [effect]: intent });
    return intent;
  });
}

/** What the row says, not what the claim saw: other effects of this attempt may be stored at the same instant. */
async function lockIntents(tx: Tx, task: ClaimedTask): Promise<{ now: Date; stored: ClaimedTask['intents'] }> {
  const [row] = await tx.rows<{ now: Date; intents: unknown }>(
    `SELECT UTC_TIMESTAMP(3) AS now, intents FROM tasks WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS' FOR UPDATE`,
    [task.id, task.fence],
  );
  if (row === undefined) throw new LeaseLostError('somebody else moved the task');
  return { now: row.now, stored: (parseJson(row.intents) as ClaimedTask['intents'] | null) ?? {} };
}

async function writeIntents(tx: Tx, task: ClaimedTask, intents: ClaimedTask['intents']): Promise<void> {
  await tx.run('UPDATE tasks SET intents = ? WHERE id = ?', [JSON.stringify(intents), task.id]);
}
