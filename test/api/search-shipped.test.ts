import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShippedChange } from '../../src/domain/notes/shipped-changes.ts';
import { keepChanges } from '../../src/services/notes/keep-changes.ts';
import { findShipped } from '../../src/services/releases/find-shipped.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';
import { nextVersion } from './repository-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api?.close());

const commit = (key: string): ShippedChange => ({ kind: 'commit', key });
const keep = (releaseId: string, cycle: number, ...changes: ShippedChange[]) =>
  api.db.transact((tx) => keepChanges(tx, { tenantId: world.tenantId, id: releaseId }, cycle, changes));
const search = (query: string, token = world.owner, tenantId = world.tenantId) =>
  api.request('GET', `/api/v1/tenants/${tenantId}/search/shipped?${query}`, { token });
const create = async (): Promise<string> => (await world.create(nextVersion().body)).id;
const idsOf = (body: { items: { releaseId: string }[] }) => body.items.map(({ releaseId }) => releaseId);

describe('which release shipped it', () => {
  it('finds a commit by its beginning, a pull request and a ticket, and the first candidate that had it', async () => {
    const release = await world.kickedOff({ ...nextVersion().body });
    await world.cycle(release.id);
    await api.db.run(`UPDATE regression_cycles SET rc_tag = 'v1-rc.1' WHERE release_id = ?`, [release.id]);
    const sha = '0123456789abcdef0123456789abcdef01234567';
    await keep(release.id, 1, commit(sha), { kind: 'pull-request', key: '42' }, { kind: 'ticket', key: 'APP-7' });

    const answers = await Promise.all(
      ['commit=0123456', `commit=${sha.toUpperCase()}`, 'pullRequest=42', 'ticket=app-7'].map((q) => search(q)),
    );

    for (const { status, body } of answers) expect([status, idsOf(body)]).toEqual([200, [release.id]]);
    expect(answers[0]?.body.items[0]).toMatchObject({
      ...{ displayId: release.displayId, key: sha, matches: 1, tag: null, releaseDate: null },
      firstCandidate: { cycle: 1, tag: 'v1-rc.1' },
      targets: [{ platform: 'WEB', target: 'WEB', liveAt: null }],
    });
    expect(idsOf((await search('commit=0123457')).body)).toEqual([]);
    expect(idsOf((await search('pullRequest=4')).body)).toEqual([]);
  });

  it('says since when it is live: with the release where no store is watched, else with the rollout of its target', async () => {
    const [done, rolling] = [await create(), await create()];
    for (const id of [done, rolling]) {
      await keep(id, 0, commit('aaaaaaa1'));
      await api.db.run(
        `UPDATE releases r JOIN runs n ON n.id = r.run_id SET r.release_date = '2026-11-21 12:00:00', n.status = 'COMPLETED' WHERE r.id = ?`,
        [id],
      );
    }
    await api.db.run(
      `INSERT INTO rollouts (id, tenant_id, release_id, platform_release_id, target, task_id, plan, status)
       SELECT p.id, p.tenant_id, p.release_id, p.id, p.target, p.id, '{}', 'PROGRESSING' FROM platform_releases p WHERE p.release_id = ?`,
      [rolling],
    );
    const before = (await search('commit=aaaaaaa1')).body.items;
    await api.db.run(`UPDATE rollouts SET status = 'COMPLETED', updated_at = '2026-11-22 12:00:00' WHERE release_id = ?`, [rolling]);

    const after = (await search('commit=aaaaaaa1')).body.items;

    const live = (items: { releaseId: string; targets: { liveAt: string | null }[] }[], id: string) =>
      items.find(({ releaseId }) => releaseId === id)?.targets[0]?.liveAt;
    expect([live(before, done), live(before, rolling)]).toEqual(['2026-11-21T12:00:00.000Z', null]);
    expect(live(after, rolling)).toBe('2026-11-22T12:00:00.000Z');
    expect(after[0].firstCandidate).toBeNull();
  });

  it('keeps the first candidate when a later one has it, too, and forgets what a candidate no longer has', async () => {
    const id = await create();
    await keep(id, 1, commit('bbbbbbb1'), commit('bbbbbbb2'));
    await keep(id, 2, commit('bbbbbbb1'), commit('bbbbbbb3'));
    await keep(id, 0, commit('bbbbbbb1'), commit('bbbbbbb2'));
    await keep(id, 2, commit('bbbbbbb4'));

    const rows = await api.db.rows(
      'SELECT change_key AS `key`, first_cycle AS cycle FROM release_changes WHERE release_id = ? ORDER BY change_key',
      [id],
    );

    expect(rows).toEqual([
      { key: 'bbbbbbb1', cycle: 1 },
      { key: 'bbbbbbb2', cycle: 1 },
      { key: 'bbbbbbb4', cycle: 2 },
    ]);
  });

  it('lists the newest first, page by page, each release once however many of its commits fit', async () => {
    const ids = [await create(), await create(), await create()];
    for (const id of ids) await keep(id, 0, commit('ccccccc1'), commit('ccccccc2'));
    const first = (await search('commit=ccccccc&limit=2')).body;

    const second = (await search(`commit=ccccccc&limit=2&cursor=${first.nextCursor}`)).body;

    expect([...idsOf(first), ...idsOf(second)]).toEqual([...ids].reverse());
    expect([first.items[0].key, first.items[0].matches, second.nextCursor]).toEqual(['ccccccc1', 2, null]);
  });

  it('asks as many queries for many releases as for one', async () => {
    const counting = countingDatabase(api.db);
    const caller = { tenantId: world.tenantId, accountId: '', permissions: new Set(['release:read'] as const) };

    await findShipped(counting, caller, [{ kind: 'commit', key: 'ccccccc' }], { limit: 20 });

    expect(counting.statements()).toBe(2);
  });

  it('finds nothing of another tenant, and nothing for whoever may not read releases', async () => {
    await keep(await create(), 0, commit('ddddddd1'));
    const other = await api.tenant('Other');
    const narrow = await api.token(world.tenantId, 'owner', { scopes: ['config:read'] });

    expect(idsOf((await search('commit=ddddddd1')).body)).toHaveLength(1);
    expect(idsOf((await search('commit=ddddddd1', other.token, other.tenantId)).body)).toEqual([]);
    expect((await search('commit=ddddddd1', narrow)).status).toBe(403);
  });

  it.each([
    '',
    'commit=012345',
    'commit=xyzxyzx',
    'commit=0123456&ticket=A-1',
    'pullRequest=0',
    'ticket=%20',
    'commit=%25%25%25%25%25%25%25',
  ])('refuses "%s"', async (query) => {
    expect((await search(query)).status).toBe(422);
  });
});
