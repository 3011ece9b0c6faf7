import type { Queue } from 'bullmq';
import type { Duty } from './duties.ts';

/**
 * Writes the table of duties into Redis as BullMQ job schedulers. Idempotent, and repeated by every scheduler process. Schedulers that are not
 * in the table are removed.
 */
export async function registerDuties(ticks: Queue, duties: readonly Duty[]): Promise<void> {
  for (const duty of duties) await ticks.upsertJobScheduler(duty.name, { every: duty.everyMs }, { name: duty.name, opts: tickOptions });
  const wanted = new Set(duties.map((duty) => duty.name));
  for (const scheduler of await ticks.getJobSchedulers(0, -1)) {
    if (!wanted.has(scheduler.key)) await ticks.removeJobScheduler(scheduler.key);
  }
}

/** Whether Redis has as many schedulers as the table: one question, where writing the table takes a dozen. */
export const dutiesAreThere = async (ticks: Queue, duties: readonly Duty[]): Promise<boolean> =>
  (await ticks.getJobSchedulersCount()) === duties.length;

const tickOptions = { removeOnComplete: true, removeOnFail: true };
