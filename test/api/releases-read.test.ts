import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import { releaseStatuses } from '../../src/domain/release/vocabulary.ts';
import { getRelease } from '../../src/services/releases/get-release.ts';
import { listReleases } from '../../src/services/releases/list-releases.ts';
import { whyRelease } from '../../src/services/releases/why/why.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const web = (version: string) => [{ platform: 'WEB', target: 'WEB', version }];
const android = (version: string) => [{ platform: 'ANDROID', target: 'PLAY_STORE', version }];
const namesOf = (answer: { body: { items: { displayId: string }[] } }) => answer.body.items.map(({ displayId }) => displayId);

/** The same database, counting what is asked of it. */
function counting() {
  let statements = 0;
  const db = {
    ...api.db,
    rows: <T>(...args: Parameters<typeof api.db.rows>) => {
      statements += 1;
      return api.db.rows<T>(...args);
    },
    run: (...args: Parameters<typeof api.db.run>) => {
      statements += 1;
      return api.db.run(...args);
    },
    batch: (...args: Parameters<typeof api.db.batch>) => {
      statements += args[0].length;
      return api.db.batch(...args);
    },
  };
  const caller = { tenantId: world.tenantId, accountId: ulid(), permissions: new Set(permissions) };
  return { db, caller, statements: () => statements };
}

describe('listing releases', () => {
  it('pages from the newest to the oldest without missing or repeating one, while others are created', async () => {
    const fresh = await releaseWorld(api);
    for (let major = 1; major <= 5; major += 1) await fresh.create({ platformTargets: web(`${major}.0.0`), type: 'MAJOR' });

    const first = await fresh.call('GET', '?limit=2');
    await fresh.create({ platformTargets: web('6.0.0'), type: 'MAJOR' });
    const second = await fresh.call('GET', `?limit=2&cursor=${first.body.nextCursor}`);
    const third = await fresh.call('GET', `?limit=2&cursor=${second.body.nextCursor}`);

    expect([namesOf(first), namesOf(second), namesOf(third)]).toEqual([['REL-5', 'REL-4'], ['REL-3', 'REL-2'], ['REL-1']]);
    expect(third.body.nextCursor).toBeNull();
  });

  it('filters by status, type, platform and text, and shows the versions', async () => {
    const fresh = await releaseWorld(api);
    await fresh.create({ platformTargets: web('1.0.0'), type: 'MAJOR' });
    await fresh.create({ platformTargets: android('1.0.1'), branch: 'Rel_100%' });
    const archived = await fresh.create({ platformTargets: web('1.1.0') });
    await fresh.call('DELETE', `/${archived.id}`);

    expect(namesOf(await fresh.call('GET', '?status=ARCHIVED'))).toEqual(['REL-3']);
    expect(namesOf(await fresh.call('GET', '?status=PENDING&type=MAJOR'))).toEqual(['REL-1']);
    expect(namesOf(await fresh.call('GET', '?platform=ANDROID'))).toEqual(['REL-2']);
    expect(namesOf(await fresh.call('GET', '?text=rel_100%25'))).toEqual(['REL-2']);
    expect(namesOf(await fresh.call('GET', '?text=%25'))).toEqual(['REL-2']);
    expect(namesOf(await fresh.call('GET', '?text=1.1'))).toEqual(['REL-3']);
    expect((await fresh.call('GET', '?text=1.1')).body.items[0].platforms).toMatchObject([{ platform: 'WEB', version: '1.1.0' }]);
    expect((await fresh.call('GET', '')).body.items.every((item: { status: string }) => item.status !== 'PAUSED')).toBe(true);
  });

  it('finds under each status exactly the releases that say they have it', async () => {
    const fresh = await releaseWorld(api);
    let major = 0;
    for (const status of ['PENDING', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED']) {
      for (const held of [0, 1]) {
        major += 1;
        const release = await fresh.create({ platformTargets: web(`${major}.0.0`), type: 'MAJOR' });
        await api.db.run('UPDATE runs SET status = ?, held = ? WHERE subject_id = ?', [status, held, release.id]);
      }
    }

    const all: { displayId: string; status: string }[] = (await fresh.call('GET', '')).body.items;
    for (const status of releaseStatuses) {
      const expected = all.filter((release) => release.status === status).map(({ displayId }) => displayId);
      expect([status, namesOf(await fresh.call('GET', `?status=${status}`))]).toEqual([status, expected]);
    }
    expect(new Set(all.map(({ status }) => status)).size).toBe(5);
  });

  it.each(['?limit=0', '?limit=101', '?limit=x', '?status=LOST', '?cursor=nonsense', '?cursor=JScsJyc', '?type=TINY', '?text='])(
    'refuses %s',
    async (query) => {
      expect((await world.call('GET', query)).status).toBe(422);
    },
  );

  it('asks the database twice, however many releases there are', async () => {
    for (let major = 1; major <= 4; major += 1) await world.create({ platformTargets: web(`${major}.0.0`), type: 'MAJOR' });
    const { db, caller, statements } = counting();

    const page = await listReleases({ db }, caller, {}, { limit: 100 });

    expect(page.items.length).toBeGreaterThanOrEqual(4);
    expect(statements()).toBe(2);
  });
});

describe('one release', () => {
  it('shows stages with progress, slots with cycles, links, gate and approvals', async () => {
    const fresh = await releaseWorld(api);
    const { id, gateId } = await fresh.atGate();
    const approver = await fresh.person('release-manager');
    await fresh.call('POST', `/${id}/approvals`, { token: approver.token, body: { decision: 'APPROVED', comment: 'Good' } });
    await api.db.run(
      `UPDATE platform_releases SET ticket_key = 'REL-1', ticket_url = 'https://t/1', test_run_id = '7' WHERE release_id = ?`,
      [id],
    );

    const { body } = await fresh.call('GET', `/${id}`);

    expect(body.stages).toMatchObject([
      { key: 'KICKOFF', status: 'COMPLETED', tasks: { total: 3, done: 3, waiting: 0, failed: 0 } },
      { key: 'REGRESSION', status: 'IN_PROGRESS', attempt: 1, tasks: { waiting: 1, failed: 0 } },
      { key: 'POST_REGRESSION', status: 'PENDING', attempt: 0, tasks: { total: 0 } },
    ]);
    expect(body.slots).toMatchObject([{ status: 'USED', cycle: { number: 1, status: 'DONE' } }]);
    expect(body.platforms[0]).toMatchObject({ ticket: { key: 'REL-1', url: 'https://t/1' }, testRun: { id: '7', url: null } });
    expect(body.gate).toMatchObject({
      taskId: gateId,
      status: 'WAITING',
      quorum: 2,
      evidence: { rcCommit: 'c0ffee' },
      approvals: [{ decision: 'APPROVED', comment: 'Good', commit: 'c0ffee', by: { accountId: approver.accountId } }],
    });
    expect(body.status).toBe('IN_PROGRESS');
  });

  it('is read in five queries, whatever it holds, and one more when it has a gate', async () => {
    const small = await world.create({ platformTargets: web('30.0.0'), type: 'MAJOR' });
    const big = await world.atGate({ platformTargets: web('31.0.0'), type: 'MAJOR' });
    const [one, other] = [counting(), counting()];

    await getRelease(one, one.caller, small.id);
    await getRelease(other, other.caller, big.id);

    // The approvals of a gate are one more.
    expect([one.statements(), other.statements()]).toEqual([5, 6]);
  });
});

describe('why a release waits', () => {
  it('is one query', async () => {
    const release = await world.create({ platformTargets: web('32.0.0'), type: 'MAJOR' });
    const { db, caller, statements } = counting();

    await whyRelease({ db }, caller, release.id);

    expect(statements()).toBe(1);
  });

  it('names the kickoff to come and the planned slots, with when', async () => {
    const release = await world.create({ platformTargets: web('33.0.0'), type: 'MAJOR' });

    const { body } = await world.call('GET', `/${release.id}/why`);

    expect(body).toMatchObject({ status: 'PENDING', displayId: release.displayId });
    expect(body.items).toMatchObject([
      { kind: 'task', what: 'FORK_BRANCH', on: 'time', nextAt: release.kickOffDate, nextAction: 'it starts' },
      { kind: 'slot', nextAt: release.slots[0].date },
      { kind: 'slot', nextAt: release.slots[1].date },
    ]);
    expect(body.summary).toContain('starts at');
  });

  it('puts what a person must do first: a failed task with its remedy, a pause with who and why', async () => {
    const release = await world.create({ platformTargets: web('34.0.0'), type: 'MAJOR', kickOffDate: minutes(-1) });
    await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Launch day' } });
    await api.db.run(
      `UPDATE tasks t JOIN runs r ON r.id = t.run_id SET t.status = 'FAILED', t.run_at = NULL,
         t.failure = '{"kind":"forbidden","message":"No access.","provider":"github"}'
       WHERE r.subject_id = ? AND t.type = 'FORK_BRANCH'`,
      [release.id],
    );

    const { body } = await world.call('GET', `/${release.id}/why`);

    const [hold, task] = [
      body.items.find((item: { kind: string }) => item.kind === 'hold'),
      body.items.find((item: { what: string }) => item.what === 'FORK_BRANCH'),
    ];
    expect(hold).toMatchObject({ what: 'USER_REQUESTED', on: 'person', nextAt: null, remedy: 'Resume the release.' });
    expect(hold.sentence).toContain('Launch day');
    expect(task).toMatchObject({ on: 'person', nextAction: null, remedy: expect.stringContaining('github') });
    expect(body.items.slice(0, 2).map((item: { on: string }) => item.on)).toEqual(['person', 'person']);
  });

  it('says how many approvals are missing, what a gate lacks, and what nobody but a person can move', async () => {
    const fresh = await releaseWorld(api);
    const { id, gateId } = await fresh.atGate();
    const approver = await fresh.person('admin');
    await fresh.call('POST', `/${id}/approvals`, { token: approver.token, body: { decision: 'APPROVED' } });

    const asking = await fresh.call('GET', `/${id}/why`);
    await api.db.run(
      `UPDATE tasks SET wait_reason = 'CALLBACK', output = '{"requirements":[{"met":"unknown","evidence":"the tests could not be read"}]}' WHERE id = ?`,
      [gateId],
    );
    await api.db.run(`UPDATE releases SET attention = 'No slot is left.' WHERE id = ?`, [id]);
    const blocked = await fresh.call('GET', `/${id}/why`);

    expect(asking.body.summary).toContain('waits for approval (1 of 2 given)');
    expect(blocked.body.items).toMatchObject([
      { kind: 'planning', what: 'ATTENTION', sentence: 'No slot is left.' },
      { kind: 'task', id: gateId, sentence: expect.stringContaining('the tests could not be read') },
    ]);
  });

  it('says that an archived release waits for nothing', async () => {
    const release = await world.create({ platformTargets: web('35.0.0'), type: 'MAJOR' });
    await world.call('DELETE', `/${release.id}`);

    const { body } = await world.call('GET', `/${release.id}/why`);

    expect(body).toMatchObject({ status: 'ARCHIVED', items: [], summary: expect.stringContaining('waits for nothing') });
  });
});

describe('history, notes and builds', () => {
  it('pages the history with items and names, newest first, complete', async () => {
    const release = await world.create({ platformTargets: web('36.0.0'), type: 'MAJOR' });
    await world.call('PATCH', `/${release.id}`, { body: { description: 'New words' } });
    const seen: { id: string; entityType: string; items: unknown[] }[] = [];

    let cursor = '';
    do {
      const { body } = await world.call('GET', `/${release.id}/history?limit=3${cursor}`);
      seen.push(...body.items);
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');

    const rows = await api.db.rows<{ id: string }>('SELECT id FROM state_history WHERE scope_id = ? ORDER BY sequence DESC', [release.id]);
    expect(seen.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(seen[0]).toMatchObject({
      entityType: 'release',
      action: 'UPDATE',
      items: [{ field: 'description', before: null, after: 'New words' }],
    });
  });

  it('keeps the order of what happened although the clock of the process that wrote first is a day ahead', async () => {
    const release = await world.create({ platformTargets: web('36.1.0') });
    await world.call('PATCH', `/${release.id}`, { body: { description: 'First' } });
    const [first] = await api.db.rows<{ id: string }>('SELECT id FROM state_history WHERE scope_id = ? ORDER BY sequence DESC LIMIT 1', [
      release.id,
    ]);
    const fromTomorrow = [ulid(Date.now() + 86_400_000), first?.id ?? ''];
    await api.db.run('UPDATE state_history SET id = ? WHERE id = ?', fromTomorrow);
    await api.db.run('UPDATE state_history_items SET history_id = ? WHERE history_id = ?', fromTomorrow);
    await world.call('PATCH', `/${release.id}`, { body: { description: 'Second' } });

    const newest = await world.call('GET', `/${release.id}/history?limit=1`);
    const before = await world.call('GET', `/${release.id}/history?limit=1&cursor=${newest.body.nextCursor}`);

    expect([newest.body.items[0].items, before.body.items[0].items]).toMatchObject([
      [{ before: 'First', after: 'Second' }],
      [{ before: null, after: 'First' }],
    ]);
  });

  it('lists notes, those of the candidates in their order and the final ones last', async () => {
    const release = await world.create({ platformTargets: web('37.0.0'), type: 'MAJOR' });
    const notes = [
      ['final', 0],
      ['cycle', 2],
      ['cycle', 1],
    ].map(([kind, cycle]) => [ulid(), world.tenantId, release.id, kind ?? '', cycle ?? 0, 'a', 'b', '# Notes']);
    await api.db.run('INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES ?', [notes]);

    const { body } = await world.call('GET', `/${release.id}/notes`);

    expect(body.items.map((item: { kind: string; cycle: number | null }) => [item.kind, item.cycle])).toEqual([
      ['cycle', 1],
      ['cycle', 2],
      ['final', null],
    ]);
  });

  it('lists builds by page, platform and stage, and shows them with their task', async () => {
    const release = await world.create({ platformTargets: web('38.0.0'), type: 'MAJOR' });
    const { body: tasks } = await world.call('GET', `/${release.id}/tasks`);
    const taskId = tasks.items[0].id;
    for (const [ordinal, platform] of ['WEB', 'ANDROID', 'WEB'].entries()) {
      const id = ulid();
      await api.db.run(
        'INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, ref, version, correlation_id, status) VALUES (?)',
        [[id, world.tenantId, taskId, platform, ordinal, 'REGRESSION_BUILD', 'CI', 'main', '38.0.0', id, 'RUNNING']],
      );
      await api.db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key) VALUES (?)', [
        [release.id, id, world.tenantId, ordinal === 0 ? 'KICKOFF' : 'REGRESSION'],
      ]);
    }

    const first = await world.call('GET', `/${release.id}/builds?limit=2`);
    const rest = await world.call('GET', `/${release.id}/builds?limit=2&cursor=${first.body.nextCursor}`);
    const filtered = await world.call('GET', `/${release.id}/builds?platform=WEB&stage=REGRESSION`);
    const task = await world.call('GET', `/${release.id}/tasks/${taskId}`);

    expect([first.body.items.length, rest.body.items.length, rest.body.nextCursor]).toEqual([2, 1, null]);
    expect(filtered.body.items).toMatchObject([{ platform: 'WEB', stage: 'REGRESSION', status: 'RUNNING', cycle: null }]);
    expect(task.body.builds).toHaveLength(3);
  });
});
