import type { Sql } from '../../db/client.ts';
import type { FrozenStore } from '../../domain/release/config.ts';
import type { Platform, Target } from '../../domain/release/vocabulary.ts';
import type { RolloutView } from '../rollouts/rollout-view.ts';
import type { SubmissionView } from '../submissions/submission-view.ts';
import { groupBy } from './group-by.ts';
import { isoOrNull } from './instant.ts';
import type { PlatformDetail, PlatformView } from './release-view.ts';

interface PlatformRow {
  releaseId: string;
  platform: Platform;
  target: Target;
  version: string;
  ticketKey: string | null;
  ticketUrl: string | null;
  testRunId: string | null;
  testRunUrl: string | null;
}

const COLUMNS = `
  p.release_id AS releaseId, p.platform, p.target, p.version, p.ticket_key AS ticketKey, p.ticket_url AS ticketUrl, p.test_run_id AS testRunId,
  p.test_run_url AS testRunUrl`;
const WHERE = 'WHERE p.tenant_id = ? AND p.release_id IN (?) ORDER BY p.platform, p.target';

/** Versions and links of many releases in one query. */
export async function platformsOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, PlatformView[]>> {
  if (releaseIds.length === 0) return new Map();
  const rows = await sql.rows<PlatformRow>(`SELECT ${COLUMNS} FROM platform_releases p ${WHERE}`, [tenantId, releaseIds]);
  return new Map([...groupBy(rows, (row) => row.releaseId)].map(([releaseId, ofRelease]) => [releaseId, ofRelease.map(platformView)]));
}

const platformView = (row: PlatformRow): PlatformView => ({
  platform: row.platform,
  target: row.target,
  version: row.version,
  ticket: row.ticketKey === null ? null : { key: row.ticketKey, url: row.ticketUrl },
  testRun: row.testRunId === null ? null : { id: row.testRunId, url: row.testRunUrl },
});

/** What is joined: all of it is null where there is none. */
interface StoreStateRow {
  releaseId: string;
  target: Target;
  submissionId: string | null;
  ordinal: SubmissionView['ordinal'];
  buildNumber: string;
  submissionStatus: SubmissionView['status'];
  reason: string | null;
  url: string | null;
  submittedAt: Date | null;
  rolloutId: string | null;
  rolloutStatus: RolloutView['status'];
  pauseReason: RolloutView['pauseReason'];
  wanted: RolloutView['wanted'];
  step: number;
  fraction: number;
}

/** The latest submission and the rollout of each target, of many releases in one query. @param releaseIds of those that go to a store */
export async function storeStatesOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, StoreStateRow[]>> {
  if (releaseIds.length === 0) return new Map();
  const rows = await sql.rows<StoreStateRow>(
    `SELECT p.release_id AS releaseId, p.target, s.id AS submissionId, s.ordinal, s.build_number AS buildNumber, s.status AS submissionStatus,
            s.reason, s.url, s.submitted_at AS submittedAt, o.id AS rolloutId, o.status AS rolloutStatus, o.pause_reason AS pauseReason,
            o.wanted, o.step, o.fraction
     FROM platform_releases p
          LEFT JOIN store_submissions s ON s.tenant_id = p.tenant_id AND s.release_id = p.release_id AND s.target = p.target
            AND s.ordinal = (SELECT MAX(l.ordinal) FROM store_submissions l
                             WHERE l.tenant_id = p.tenant_id AND l.release_id = p.release_id AND l.target = p.target)
          LEFT JOIN rollouts o ON o.tenant_id = p.tenant_id AND o.release_id = p.release_id AND o.target = p.target
     WHERE p.tenant_id = ? AND p.release_id IN (?)`,
    [tenantId, releaseIds],
  );
  return groupBy(rows, (row) => row.releaseId);
}

export function platformDetail(view: PlatformView, stores: readonly FrozenStore[], states: readonly StoreStateRow[]): PlatformDetail {
  const store = stores.find(({ target }) => target === view.target);
  const state = states.find(({ target }) => target === view.target);
  return {
    ...view,
    store: store === undefined ? null : storeOf(store),
    submission: state === undefined ? null : submissionOf(state),
    rollout: state === undefined ? null : rolloutOf(state),
  };
}

const storeOf = ({ storeConfigId, integrationId, provider, appId, track, uploadBy }: FrozenStore): PlatformDetail['store'] => ({
  ...{ storeConfigId, integrationId, provider },
  ...{ appId, track, uploadBy },
});

function submissionOf(row: StoreStateRow): PlatformDetail['submission'] {
  if (row.submissionId === null) return null;
  const { ordinal, buildNumber, submissionStatus: status, reason, url } = row;
  return { id: row.submissionId, ordinal, buildNumber, status, reason, url, submittedAt: isoOrNull(row.submittedAt) };
}

function rolloutOf(row: StoreStateRow): PlatformDetail['rollout'] {
  if (row.rolloutId === null) return null;
  const { rolloutStatus: status, pauseReason, wanted, step, fraction } = row;
  return { id: row.rolloutId, status, pauseReason, wanted, step, fraction };
}
