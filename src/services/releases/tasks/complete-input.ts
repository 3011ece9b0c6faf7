import { isValid } from 'ulid';
import type { Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { NewReleaseInput } from '../../../domain/release/new-release.ts';
import { readConfigBody } from '../../../domain/release/read-config.ts';
import { completeDates, type NamedDates } from '../../../domain/schedule/complete-dates.ts';
import { findDefault } from '../../release-configs/default-release-config.ts';
import { invalid } from '../../service-error.ts';

/** What a person asks for: the config and the dates may be left to the tenant's defaults. */
export interface CreateReleaseInput extends Omit<NewReleaseInput, keyof NamedDates>, NamedDates {
  /** Absent: the default for the type. */
  releaseConfigId?: string | undefined;
  pilotAccountId?: string;
}

export type CompleteInput = NewReleaseInput & { releaseConfigId: string; pilotAccountId?: string };

/** Fills in the config and the dates that nobody named. @throws ServiceError invalid where there is nothing to take them from */
export async function completeInput(tx: Tx, tenantId: string, asked: CreateReleaseInput, now: Date): Promise<CompleteInput> {
  const releaseConfigId = asked.releaseConfigId ?? (await findDefault(tx, tenantId, asked.type));
  if (releaseConfigId === null) {
    const message = `is required: there is no default release config for ${asked.type}, which POST …/release-configs/{id}/default makes`;
    throw invalid([{ field: '/releaseConfigId', message }]);
  }
  // Locked from here on: its schedule, its rules and the configs it names are those of one instant.
  const [row] = isValid(releaseConfigId)
    ? await tx.rows<{ body: unknown }>('SELECT body FROM release_configs WHERE tenant_id = ? AND id = ? LOCK IN SHARE MODE', [
        tenantId,
        releaseConfigId,
      ])
    : [];
  if (row === undefined) throw invalid([{ field: '/releaseConfigId', message: 'There is no such release config.' }]);
  const { schedule } = readConfigBody(parseJson(row.body));
  const dates = completeDates(asked, schedule, { now, needsSlots: asked.type !== 'HOTFIX' });
  if (!dates.ok) throw invalid(dates.problems);
  const { kickOffReminderDate: _reminder, ...rest } = asked;
  return { ...rest, releaseConfigId, ...dates.value };
}
