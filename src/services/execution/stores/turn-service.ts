import type { Database, Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import { type DeploymentPlan, isOnTrack } from '../../../domain/deployment/plan.ts';
import type { FrozenStore } from '../../../domain/release/config.ts';
import { readFrozenConfig } from '../../../domain/release/read-config.ts';
import { type Contender, whoIsBefore } from '../../../domain/release/turns.ts';
import { writeHistory } from '../../../engine/history.ts';
import { makeRunsDue } from '../../../engine/stage-counters.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { Ring, Wake } from '../../../platform/ring.ts';
import { displayIdOf as deploymentIdOf } from '../../deployments/deployment-row.ts';
import { iso } from '../../releases/instant.ts';
import { displayIdOf } from '../../releases/release-row.ts';
import type { ReleaseName } from '../../releases/release-view.ts';
import type { ReleaseContext } from '../release-source.ts';

/**
 * Whose turn it is. A paused release waits for nobody in particular: it goes on when it is resumed.
 * @property sameVersion whoever it waits for brings this very version: it waits for their end, not for their review alone
 */
export type Turn = { own: true } | { own: false; blockedBy: readonly ReleaseName[]; sameVersion?: true };

/** Which app of which store, and on which track. */
type StoreApp = Pick<FrozenStore, 'target' | 'provider' | 'appId' | 'track'>;

export interface TurnService {
  /** Takes the release's turn to kick off, unless others are before it. Once taken it is kept. */
  take(release: ReleaseContext): Promise<Turn>;
  /**
   * Whether a release or deployment may hand its version to the store: stores review one version of an app at a time, whatever its track. One version on
   * one track is brought by one of them at a time: two would take each other's steps for the console's.
   */
  toSubmit(subject: { id: string; tenantId: string }, store: StoreApp, version: string): Promise<Turn>;
}

const own: Turn = { own: true };
const paused: Turn = { own: false, blockedBy: [] };

interface ContenderRow extends Omit<Contender, 'displayId' | 'turnTaken' | 'held'> {
  displayNumber: number;
  turnTakenAt: Date | null;
  held: number;
}

export function createTurnService(db: Database, ring: Ring): TurnService {
  return {
    async take(release) {
      const { tenantId, id, configId, type } = release;
      const limit = release.config.concurrency.perType;
      if (limit === null) return own;
      return db.transact(async (tx) => {
        // Two that would kick off at the same instant must not each miss the other.
        await tx.rows('SELECT id FROM release_configs WHERE tenant_id = ? AND id = ? FOR UPDATE', [tenantId, configId]);
        const [run] = await tx.rows<Omit<Wake, 'kind' | 'rank'> & { turnTakenAt: Date | null; kickOffDate: Date; held: number; now: Date }>(
          `SELECT n.id, n.queue, n.fence, n.tenant_id AS tenantId, n.held, r.turn_taken_at AS turnTakenAt,
                  r.kick_off_date AS kickOffDate, UTC_TIMESTAMP(3) AS now
           FROM releases r JOIN runs n ON n.id = r.run_id WHERE r.tenant_id = ? AND r.id = ? FOR UPDATE`,
          [tenantId, id],
        );
        if (run === undefined || run.turnTakenAt !== null) return own;
        const { turnTakenAt: _none, held, kickOffDate, now, ...head } = run;
        // It may have been moved since the task began.
        if (held === 1 || kickOffDate > now) return paused;
        const rows = await tx.rows<ContenderRow>(
          `SELECT r.id, r.display_number AS displayNumber, r.kick_off_date AS kickOffDate, r.turn_taken_at AS turnTakenAt,
                  n.status AS runStatus, n.held
           FROM releases r JOIN runs n ON n.id = r.run_id
           WHERE r.tenant_id = ? AND r.config_id = ? AND r.type = ? AND r.id <> ? AND n.status IN ('PENDING', 'IN_PROGRESS')`,
          [tenantId, configId, type, id],
        );
        const contenders = rows.map(({ displayNumber, turnTakenAt, held, ...row }) => ({
          ...row,
          displayId: displayIdOf(displayNumber),
          turnTaken: turnTakenAt !== null,
          held: held === 1,
        }));
        const before = whoIsBefore({ id, kickOffDate }, contenders, { limit, now });
        if (before.length > 0) return { own: false, blockedBy: before.map((other) => ({ id: other.id, displayId: other.displayId })) };
        await tx.run('UPDATE releases SET turn_taken_at = ? WHERE tenant_id = ? AND id = ?', [now, tenantId, id]);
        const items = [{ field: 'turnTakenAt', before: null, after: iso(now) }];
        await writeHistory(tx, [
          { tenantId, scopeId: id, entityType: 'release', entityId: id, action: 'UPDATE', actor: engineActor, items },
        ]);
        const wakes = await makeRunsDue(tx, [head]);
        tx.afterCommit(() => ring(wakes));
        return own;
      });
    },

    async toSubmit({ tenantId, id }, app, version) {
      const held = await db.rows(
        `SELECT 1 FROM releases s JOIN runs n ON n.id = s.run_id WHERE s.tenant_id = ? AND s.id = ? AND n.held = 1
         UNION ALL SELECT 1 FROM deployments s JOIN runs n ON n.id = s.run_id WHERE s.tenant_id = ? AND s.id = ? AND n.held = 1`,
        [tenantId, id, tenantId, id],
      );
      if (held.length > 0) return paused;
      const others = [...(await releasesAtStore(db, tenantId, app)), ...(await deploymentsAtStore(db, tenantId, app))].filter(
        (other) => other.id !== id,
      );
      const isSame = (other: AtStore) => other.version === version && (app.target === 'APP_STORE' || other.track === app.track);
      const bringing = others.filter(isSame);
      if (bringing.length > 0) return { own: false, blockedBy: namesOf(bringing), sameVersion: true };
      const inReview = others.filter(({ status }) => status === 'IN_REVIEW');
      return inReview.length === 0 ? own : { own: false, blockedBy: namesOf(inReview) };
    },
  };
}

/** What a release or deployment that has not ended has handed to the store of an app, or is about to. */
interface AtStore extends ReleaseName {
  status: 'PREPARING' | 'IN_REVIEW' | 'APPROVED';
  version: string;
  track: string;
}

const namesOf = (others: readonly AtStore[]): ReleaseName[] => [
  ...new Map(others.map(({ id, displayId }) => [id, { id, displayId }])).values(),
];

const isApp = (app: StoreApp) => (store: StoreApp) =>
  store.target === app.target && store.provider === app.provider && store.appId === app.appId;

type Row = Pick<AtStore, 'id' | 'status'> & { displayNumber: number };

async function releasesAtStore(sql: Sql, tenantId: string, app: StoreApp): Promise<AtStore[]> {
  const rows = await sql.rows<Row & { version: string; config: unknown }>(
    `SELECT r.id, r.display_number AS displayNumber, s.status, COALESCE(p.version, '') AS version, CAST(r.config AS CHAR) AS config
     FROM store_submissions s JOIN releases r ON r.tenant_id = s.tenant_id AND r.id = s.release_id JOIN runs n ON n.id = r.run_id
       LEFT JOIN platform_releases p ON p.id = s.platform_release_id
     WHERE s.tenant_id = ? AND s.target = ? AND s.status IN ('PREPARING', 'IN_REVIEW', 'APPROVED') AND n.status IN ('PENDING', 'IN_PROGRESS')`,
    [tenantId, app.target],
  );
  return rows.flatMap(({ id, displayNumber, status, version, config }) => {
    const store = readFrozenConfig(parseJson(config)).stores.find(isApp(app));
    return store === undefined ? [] : [{ id, displayId: displayIdOf(displayNumber), status, version, track: store.track }];
  });
}

async function deploymentsAtStore(sql: Sql, tenantId: string, app: StoreApp): Promise<AtStore[]> {
  const rows = await sql.rows<Row & { serviceId: string; plan: unknown }>(
    `SELECT d.id, s.service_id AS serviceId, d.display_number AS displayNumber, s.status, d.plan
     FROM store_submissions s JOIN deployments d ON d.tenant_id = s.tenant_id AND d.id = s.deployment_id
     WHERE s.tenant_id = ? AND s.target = ? AND s.status IN ('PREPARING', 'IN_REVIEW', 'APPROVED') AND d.outcome IS NULL`,
    [tenantId, app.target],
  );
  return rows.flatMap(({ id, serviceId, displayNumber, status, plan }) => {
    const service = (parseJson(plan) as DeploymentPlan).services.find((of) => of.serviceId === serviceId);
    if (service === undefined || !isOnTrack(service) || !isApp(app)(service.target.store)) return [];
    const { track } = service.target.store;
    return [{ id, displayId: deploymentIdOf(displayNumber), status, version: service.revision?.version ?? '', track }];
  });
}
