import type { ReleaseSchedule, SuggestedDates } from '../../domain/schedule/schedule.ts';
import { kickOffOn, nextKickOff, suggestDates } from '../../domain/schedule/suggest-dates.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { databaseNow } from './database-now.ts';
import { releaseConfigView } from './release-config-view.ts';

/** A kickoff: its instant, or its day (midnight in UTC) at the time of the schedule. */
export type AskedKickOff = { at: Date } | { day: Date };

/** The dates that a release of the config would have if it named none, or its kickoff alone. @throws ServiceError conflict without a schedule */
export async function suggestSchedule(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  id: string,
  kickOff: AskedKickOff | undefined,
): Promise<SuggestedDates> {
  authorise(caller, 'config:read');
  const { schedule } = await releaseConfigView(deps.db, caller.tenantId, id);
  if (schedule === null) throw conflict('The release config has no schedule: give it one, or name all dates of a release.');
  const now = await databaseNow(deps.db);
  return suggestDates(schedule, kickOffOf(schedule, kickOff, now), now);
}

function kickOffOf(schedule: ReleaseSchedule, asked: AskedKickOff | undefined, now: Date): Date {
  if (asked === undefined) return nextKickOff(schedule, now);
  return 'at' in asked ? asked.at : kickOffOn(schedule, asked.day);
}
