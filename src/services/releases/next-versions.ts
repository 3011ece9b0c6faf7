import { isValid } from 'ulid';
import { parseJson } from '../../db/schema/columns.ts';
import { readConfigBody } from '../../domain/release/read-config.ts';
import type { Platform, ReleaseType, Target } from '../../domain/release/vocabulary.ts';
import { suggestFor } from '../../domain/versions/complete-versions.ts';
import { ruleOf } from '../../domain/versions/scheme.ts';
import type { Suggestion } from '../../domain/versions/versions.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { invalid, notFound } from '../service-error.ts';
import { findBase } from './base-release.ts';
import { latestVersions } from './latest-versions.ts';

export interface NextVersionsQuery {
  type: ReleaseType;
  /** Of a hotfix. */
  baseReleaseId?: string | undefined;
  /** When it is planned to be out; absent = now. */
  date?: Date | undefined;
}

export interface NextVersionView extends Suggestion {
  platform: Platform;
  target: Target;
}

/** The versions that a release made from the config now would have. Another one created meanwhile moves them on: creation decides. */
export async function nextVersions(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseConfigId: string,
  { type, baseReleaseId, date }: NextVersionsQuery,
): Promise<{ items: NextVersionView[] }> {
  authorise(caller, 'release:read');
  const { db } = deps;
  const { tenantId } = caller;
  const [row] = isValid(releaseConfigId)
    ? await db.rows<{ body: unknown; now: Date }>(
        'SELECT body, UTC_TIMESTAMP(3) AS now FROM release_configs WHERE tenant_id = ? AND id = ?',
        [tenantId, releaseConfigId],
      )
    : [];
  if (row === undefined) throw notFound('The release config');
  const field = '/baseReleaseId';
  if (type === 'HOTFIX' && baseReleaseId === undefined) throw invalid([{ field, message: 'A hotfix needs the release it fixes.' }]);
  const base = baseReleaseId === undefined ? null : await findBase(db, tenantId, baseReleaseId);
  if (baseReleaseId !== undefined && base === null) throw invalid([{ field, message: 'There is no such release.' }]);
  const { platformTargets, scmIntegrationId, ...body } = readConfigBody(parseJson(row.body));
  const rule = ruleOf(body);
  const latest = await latestVersions(db, tenantId, { scmIntegrationId, rule, base: type === 'HOTFIX' ? base : null });
  const question = { rule, type, latestVersions: latest, at: date ?? row.now };
  return { items: platformTargets.map(({ platform, target }) => ({ platform, target, ...suggestFor({ platform, target }, question) })) };
}
