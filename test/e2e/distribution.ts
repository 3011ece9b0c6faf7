import type { StorePlace } from '../../sandbox/stores/store.ts';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { StoreChoice } from '../../src/domain/release/config.ts';
import type { StoreEvent } from '../../src/domain/release/notification-data.ts';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import type { ReleaseConfigView } from '../../src/services/release-configs/release-config-view.ts';
import type { RolloutCommand } from '../../src/services/rollouts/rollout-command.ts';
import type { RolloutView } from '../../src/services/rollouts/rollout-view.ts';
import type { SubmissionView } from '../../src/services/submissions/submission-view.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Answer } from './client.ts';
import type { ReleaseHandle } from './release.ts';
import type { TenantWorld } from './tenant.ts';
import type { World } from './world.ts';

/** A release on its way through the stores of the sandbox, as its release manager follows and steers it. */

export type StoreTarget = StorePlace['target'];

export interface Distribution {
  /** Oldest first. */
  submissions(): Promise<SubmissionView[]>;
  rollout(target: StoreTarget): Promise<RolloutView>;
  /** Until the rollout looks like that. */
  untilRollout(target: StoreTarget, wanted: Partial<RolloutView>): Promise<RolloutView>;
  steer(target: StoreTarget, command: RolloutCommand, reason?: string): Promise<Answer>;
  /** As the console shows the version: `[store, percent, submissions]` of each store. */
  inStores(): [string, number | null, number][];
  /** Messages of a type so far, oldest first. */
  told(type: string): Promise<StoreEvent[]>;
}

export function distributionOf(world: World, tenant: TenantWorld, release: ReleaseHandle): Distribution {
  const read = async (target: StoreTarget) => {
    const { items } = await tenant.owner.get<{ items: RolloutView[] }>(`${release.path}/rollouts`);
    return items.find((each) => each.target === target);
  };
  const rollout: Distribution['rollout'] = async (target) => {
    const found = await read(target);
    if (found === undefined) throw new Error(`${release.displayId} has not come to the ${target} yet`);
    return found;
  };
  return {
    rollout,
    submissions: async () => (await tenant.owner.get<{ items: SubmissionView[] }>(`${release.path}/submissions`)).items.toReversed(),
    async untilRollout(target, wanted) {
      const fields = Object.keys(wanted) as (keyof RolloutView)[];
      let last: RolloutView | undefined;
      const look = async () => {
        last = await read(target);
        return last !== undefined && fields.every((field) => last?.[field] === wanted[field]) ? last : null;
      };
      const what = `the rollout to ${target} to be ${JSON.stringify(wanted)}`;
      return waitFor(look, { what, timeoutMs: 20_000, everyMs: 30 }).catch((error: Error) => {
        throw new Error(`${error.message}\nit is ${JSON.stringify(last)}`, { cause: error });
      });
    },
    steer: async (target, command, reason = 'said so') =>
      tenant.manager.request('POST', `${release.path}/rollouts/${(await rollout(target)).id}/${command}`, { reason }),
    inStores: () =>
      tenant
        .effects()
        .stores.filter(({ version }) => version === release.version)
        .map(({ store, percent, submissions }) => [store, percent, submissions]),
    async told(type) {
      const rows = await world.db.rows<{ data: unknown }>(
        'SELECT data FROM deliveries WHERE tenant_id = ? AND subject_id = ? AND type = ? ORDER BY id',
        [tenant.tenantId, release.id, type],
      );
      return rows.map(({ data }) => parseJson(data) as StoreEvent);
    },
  };
}

/** The sandbox's way into the stores, with these plans; targets without one are released to everybody at once. */
export async function storesWith(tenant: TenantWorld, plans: Partial<Record<StoreTarget, RolloutPlan>>): Promise<StoreChoice[]> {
  const { stores } = await tenant.owner.get<ReleaseConfigView>(`${tenant.path}/release-configs/${await tenant.config()}`);
  return stores.map((store) => ({ ...store, rolloutPlan: plans[store.target] ?? { kind: 'immediate' } }));
}

/** In steps; a person advances each of them. */
export const byHand = (...percents: number[]): RolloutPlan => ({
  kind: 'staged',
  steps: percents.map((percent) => ({ percent, waitMinutes: percent === 100 ? 0 : null })),
});

/** SIGKILL to whoever is at the task, once `isThere`; it comes back at once. */
export async function killWhoIsAt(world: World, release: ReleaseHandle, type: string, isThere: () => boolean): Promise<void> {
  const owner = await waitFor(
    async () => {
      const [row] = await world.db.rows<{ owner: string | null }>(
        `SELECT t.lease_owner AS owner FROM tasks t JOIN runs r ON r.id = t.run_id
         WHERE r.subject_id = ? AND t.type = ? AND t.status = 'IN_PROGRESS'`,
        [release.id, type],
      );
      return isThere() ? row?.owner : null;
    },
    { what: `a worker to be at ${type}`, timeoutMs: 20_000, everyMs: 5 },
  );
  const worker = world.processes('worker').find(({ pid }) => owner.split('-').includes(String(pid)));
  if (worker === undefined) throw new Error(`nobody knows the worker ${owner}`);
  await worker.kill();
  await worker.start();
}
