import type { WakeJob } from '../../src/platform/queues.ts';
import { createFollowBlocker } from '../../src/services/blockers/follow-blocker.ts';
import { seed, TOKEN } from '../contracts/jira-harness.ts';
import { createJiraFake, type JiraFake } from '../fakes/jira/index.ts';
import type { DatabaseServer } from '../support/databases.ts';
import { type Answer, type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

/** Releases of an API test whose tracker is a real connection to a fake Jira. */

export interface BlockersWorld {
  api: ApiHarness;
  world: ReleaseWorld;
  jira: JiraFake;
  integrationId: string;
  /** A new ticket of the tracker, in its first status. */
  ticket(title?: string): string;
  move(ticketKey: string, status: string): void;
  /** Under way, with a version of its own. */
  release(over?: Record<string, unknown>): Promise<string>;
  /** One that has not begun. */
  planned(): Promise<string>;
  /** One whose gate waits for people. */
  atGate(): Promise<{ id: string; gateId: string }>;
  block(releaseId: string, ticketKey: string): Promise<Answer>;
  blockers(releaseId: string): Promise<Answer['body'][]>;
  change(releaseId: string, blockerId: string, how: 'resolve' | 'waive' | 'reopen', body?: object, token?: string): Promise<Answer>;
  /** Makes the blocker due, and answers the wake-up that is rung for it. */
  due(blockerId: string): Promise<WakeJob>;
  /** Looks at its ticket, as a worker does when it is due. */
  look(blockerId: string): Promise<void>;
  follow: (wake: WakeJob) => Promise<void>;
  /** A worker that differs in these. */
  follower(over: Partial<Parameters<typeof createFollowBlocker>[0]>): (wake: WakeJob) => Promise<void>;
  /** Types and data of what people are told of blockers, oldest first. */
  told(releaseId: string): Promise<{ type: string; data: Record<string, unknown> }[]>;
  row(blockerId: string): Promise<{ runAt: Date | null; fence: number; failures: number; inMs: number | null }>;
  close(): Promise<void>;
}

export const POLL_MS = 60_000;
export const LEASE_MS = 20_000;
export const BACKOFF = { baseMs: 2_000, maxMs: 10_000 };
let major = 0;

export async function openBlockersWorld(server?: DatabaseServer): Promise<BlockersWorld> {
  const [api, jira] = await Promise.all([startApi(server === undefined ? {} : { server }), createJiraFake()]);
  seed(jira, 'cloud');
  const world = await releaseWorld(api);
  const path = `/api/v1/tenants/${world.tenantId}`;
  const created = await api.request('POST', `${path}/integrations/project-management`, {
    token: world.owner,
    body: {
      ...{ provider: 'jira', displayName: 'Jira', baseUrl: jira.origin, allowMultiple: true, settings: {} },
      credentials: { kind: 'cloud', email: 'release-bot@example.com', apiToken: TOKEN },
    },
  });
  if (created.status !== 201) throw new Error(`not connected: ${created.text}`);
  const integrationId: string = created.body.id;
  await api.db.run('UPDATE project_management_configs SET integration_id = ?, platforms = ? WHERE id = ?', [
    integrationId,
    JSON.stringify([{ platform: 'WEB', project: 'APP', issueType: 'Task', completedStatus: 'Parked', labels: [] }]),
    world.ids.tracker,
  ]);
  const follower: BlockersWorld['follower'] = (over) =>
    createFollowBlocker({
      ...{ db: api.db, connector: api.deps.connector, ring: api.deps.ring, leaseMs: LEASE_MS, pollMs: POLL_MS, backoff: BACKOFF },
      signal: new AbortController().signal,
      ...over,
    });
  const follow = follower({});
  const next = () => {
    major += 1;
    return { type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }] };
  };

  const self: BlockersWorld = {
    ...{ api, world, jira, integrationId, follow, follower },
    ticket: (title = 'Crash on start') => jira.world.addTicket({ project: 'APP', title }).key,
    move: (ticketKey, status) => jira.world.setStatus(ticketKey, status),
    release: async (over = {}) => (await world.kickedOff({ ...next(), ...over })).id,
    planned: async () => (await world.create(next())).id,
    atGate: () => world.atGate(next()),
    block: (releaseId, ticketKey) => world.call('POST', `/${releaseId}/blockers/${encodeURIComponent(ticketKey)}`),
    blockers: async (releaseId) => (await world.call('GET', `/${releaseId}/blockers`)).body.items,
    change: (releaseId, blockerId, how, body, token) =>
      world.call('POST', `/${releaseId}/blockers/${blockerId}/${how}`, {
        ...(body === undefined ? {} : { body }),
        ...(token === undefined ? {} : { token }),
      }),
    async due(blockerId) {
      await api.db.run('UPDATE release_blockers SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE id = ?', [blockerId]);
      return { id: blockerId, fence: (await self.row(blockerId)).fence };
    },
    look: async (blockerId) => follow(await self.due(blockerId)),
    async told(releaseId) {
      const rows = await api.db.rows<{ type: string; data: unknown }>(
        `SELECT type, data FROM deliveries WHERE subject_id = ? AND type IN ('BLOCKER_ADDED', 'BLOCKERS_RESOLVED') ORDER BY created_at, id`,
        [releaseId],
      );
      return rows.map(({ type, data }) => ({
        type,
        data: (typeof data === 'string' ? JSON.parse(data) : data) as Record<string, unknown>,
      }));
    },
    async row(blockerId) {
      const [row] = await api.db.rows<{ runAt: Date | null; fence: number; failures: number; now: Date }>(
        'SELECT run_at AS runAt, fence, failures, UTC_TIMESTAMP(3) AS now FROM release_blockers WHERE id = ?',
        [blockerId],
      );
      if (row === undefined) throw new Error('there is no such blocker');
      return { ...row, inMs: row.runAt === null ? null : row.runAt.getTime() - row.now.getTime() };
    },
    close: async () => void (await Promise.all([api.close(), jira.close()])),
  };
  return self;
}
