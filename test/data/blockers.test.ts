import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sweepDue } from '../../src/engine/sweep.ts';
import { signalKey } from '../../src/integrations/capabilities/webhook-source.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { hurryBlockers } from '../../src/services/blockers/hurry-blockers.ts';
import { resumeWaiting } from '../../src/services/connections/resume-waiting.ts';
import { createReleaseRecords } from '../../src/services/execution/release-records.ts';
import { BACKOFF, type BlockersWorld, LEASE_MS, openBlockersWorld, POLL_MS } from '../api/blockers-world.ts';
import { testDatabases } from '../support/databases.ts';

describe.each(testDatabases())('blockers on $name', (server) => {
  let of: BlockersWorld;
  beforeAll(async () => {
    of = await openBlockersWorld(server);
  });
  beforeEach(() => of.jira.clearFaults());
  afterAll(() => of?.close());

  /** A release that one ticket blocks. */
  async function blocked(begin: () => Promise<string> = of.planned) {
    const [release, key] = [await begin(), of.ticket()];
    const { body } = await of.block(release, key);
    return { release, key, id: body.id as string };
  }
  const blocker = async (release: string) => (await of.blockers(release))[0];
  const statusOf = async (release: string) => (await of.world.call('GET', `/${release}`)).body.status;
  const typesTold = async (release: string) => (await of.told(release)).map(({ type }) => type);
  const reads = (key: string) => of.jira.calls.filter(({ path }) => path.endsWith(`/issue/${key}`)).length;
  const hint = (key: string) => hurryBlockers(of.api.db, of.world.tenantId, of.integrationId, [signalKey.ticket(key)]);

  it('follows its ticket to done and back, each edge once: status, history and one message', async () => {
    const { release, key, id } = await blocked(of.release);

    of.move(key, 'Done');
    await of.look(id);
    await of.look(id);
    const resolved = await blocker(release);
    const between = await statusOf(release);
    of.move(key, 'In Progress');
    await of.look(id);
    await of.look(id);
    const reopened = await blocker(release);
    const again = await statusOf(release);
    of.move(key, 'Done');
    await of.look(id);

    expect(resolved).toMatchObject({
      ...{ status: 'RESOLVED', source: 'TRACKER', statusBy: null, reason: `The ticket ${key} is at "Done".` },
      ticket: { status: 'Done', isDone: true, isStale: false },
    });
    expect(reopened).toMatchObject({ status: 'OPEN', source: 'TRACKER', ticket: { status: 'In Progress', isDone: false } });
    expect([between, again, await statusOf(release)]).toEqual(['IN_PROGRESS', 'PAUSED', 'IN_PROGRESS']);
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED', 'BLOCKERS_RESOLVED', 'BLOCKER_ADDED', 'BLOCKERS_RESOLVED']);
    expect((await of.told(release))[2]?.data).toMatchObject({ by: null, open: 1 });
    const { items } = (await of.world.call('GET', `/${release}/history?limit=100`)).body;
    const edges = items
      .filter((event: { entityType: string }) => event.entityType === 'blocker')
      .map((event: { by: object | null; items: { before: string; after: string }[] }) => [
        event.by === null,
        event.items[0]?.before,
        event.items[0]?.after,
      ]);
    expect(edges.reverse()).toEqual([
      [false, null, 'OPEN'],
      [true, 'OPEN', 'RESOLVED'],
      [true, 'RESOLVED', 'OPEN'],
      [true, 'OPEN', 'RESOLVED'],
    ]);
  });

  it('the last one closed by a person and by looks at once is one edge: one message, one history, no hold', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { release, key, id } = await blocked();
      of.move(key, 'Done');
      const wake = await of.due(id);
      const close = () => of.change(release, id, 'resolve');

      await Promise.all(round % 2 === 0 ? [close(), of.follow(wake), of.follow(wake), close()] : [of.follow(wake), close(), of.look(id)]);

      expect(await typesTold(release)).toEqual(['BLOCKER_ADDED', 'BLOCKERS_RESOLVED']);
      expect((await of.world.call('GET', `/${release}`)).body).toMatchObject({ status: 'PENDING', holds: [] });
    }
  });

  it('two of them closed at once by a person and by the tracker are one edge of the release', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { release, key, id } = await blocked();
      const other = (await of.block(release, of.ticket())).body.id;
      of.move(key, 'Done');
      const wake = await of.due(id);

      await Promise.all([of.follow(wake), of.change(release, other, 'resolve')]);

      expect((await typesTold(release)).filter((type) => type === 'BLOCKERS_RESOLVED')).toEqual(['BLOCKERS_RESOLVED']);
      expect((await of.world.call('GET', `/${release}`)).body.holds).toEqual([]);
    }
  });

  it('the same ticket asked for by many at once is one blocker', async () => {
    const [release, key] = [await of.planned(), of.ticket()];

    const answers = await Promise.all(Array.from({ length: 5 }, () => of.block(release, key)));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED']);
  });

  it('a person who resolves one is not overruled by a ticket that was open all along, only by one that is reopened', async () => {
    const { release, key, id } = await blocked();
    await of.change(release, id, 'resolve');

    await of.look(id);
    const open = (await blocker(release)).status;
    of.move(key, 'Done');
    await of.look(id);
    const done = (await blocker(release)).status;
    of.move(key, 'To Do');
    await of.look(id);

    expect([open, done, (await blocker(release)).status]).toEqual(['RESOLVED', 'RESOLVED', 'OPEN']);
  });

  it('a person who reopens one is not overruled by a ticket that was done all along', async () => {
    const { release, key, id } = await blocked();
    of.move(key, 'Done');
    await of.look(id);
    await of.change(release, id, 'reopen', { reason: 'It still crashes' });

    await of.look(id);

    expect(await blocker(release)).toMatchObject({
      status: 'OPEN',
      source: 'PERSON',
      reason: 'It still crashes',
      ticket: { isDone: true },
    });
  });

  it('a waived one stays waived whatever its ticket does, and what the ticket does shows', async () => {
    const { release, key, id } = await blocked(of.release);
    await of.change(release, id, 'waive', { reason: 'Rare' });

    for (const status of ['Done', 'In Progress']) {
      of.move(key, status);
      await of.look(id);
    }

    expect(await blocker(release)).toMatchObject({ status: 'WAIVED', ticket: { status: 'In Progress' } });
    expect(await statusOf(release)).toBe('IN_PROGRESS');
  });

  it('an open one is looked at every poll interval, a closed one more rarely', async () => {
    const { release, key, id } = await blocked();

    await of.look(id);
    const open = (await of.row(id)).inMs ?? 0;
    of.move(key, 'Done');
    await of.look(id);
    const resolved = (await of.row(id)).inMs ?? 0;

    expect((await blocker(release)).status).toBe('RESOLVED');
    expect(open).toBeGreaterThan(POLL_MS - 5_000);
    expect(open).toBeLessThanOrEqual(POLL_MS);
    expect(resolved).toBeGreaterThan(2 * POLL_MS);
  });

  it('stays while the tracker is down, says since when it knows no better, fails nothing, and goes on when the tracker is back', async () => {
    const { release, key, id } = await blocked(of.release);
    const before = await blocker(release);
    of.move(key, 'Done');
    of.jira.failNext({ match: { method: 'GET' }, status: 503, times: 2 });

    await of.look(id);
    const first = await of.row(id);
    await of.look(id);
    const down = await blocker(release);
    const why = (await of.world.call('GET', `/${release}/why`)).body;
    const { failures } = await of.row(id);
    await of.look(id);

    expect(first.inMs).toBeLessThanOrEqual(BACKOFF.maxMs);
    expect(failures).toBe(2);
    expect(down).toMatchObject({ status: 'OPEN', ticket: { status: 'To Do', isStale: true, checkedAt: before.ticket.checkedAt } });
    expect(down.ticket.error).not.toBeNull();
    expect(why.items[0].sentence).toContain(`its tracker could not be asked: ${down.ticket.error}`);
    expect(await blocker(release)).toMatchObject({ status: 'RESOLVED', ticket: { isStale: false, error: null } });
    expect((await of.row(id)).failures).toBe(0);
    expect(await statusOf(release)).toBe('IN_PROGRESS');
  });

  it('waits as long as the tracker asks it to, and hints do not hurry it meanwhile', async () => {
    const { key, id } = await blocked();
    of.jira.failNext({ match: { method: 'GET' }, status: 429, headers: { 'retry-after': '40' } });

    await of.look(id);
    const wakes = await hint(key);

    const { inMs } = await of.row(id);
    expect(inMs).toBeGreaterThan(30_000);
    expect(inMs).toBeLessThanOrEqual(40_000);
    expect(wakes).toEqual([]);
  });

  it('is looked at again at once when its connection was mended', async () => {
    const { id } = await blocked();
    of.jira.failNext({ match: { method: 'GET' }, status: 403 });
    await of.look(id);
    const broken = await of.row(id);

    await of.api.db.transact((tx) => resumeWaiting(tx, of.world.tenantId, of.integrationId));

    expect(broken.inMs).toBeGreaterThan(POLL_MS - 5_000);
    expect((await of.row(id)).inMs).toBeLessThanOrEqual(0);
  });

  it('stays when its ticket is gone, and says so', async () => {
    const { release, id } = await blocked();
    of.jira.failNext({ match: { method: 'GET' }, status: 404, body: { errorMessages: ['Issue does not exist'], errors: {} } });

    await of.look(id);

    expect(await blocker(release)).toMatchObject({ status: 'OPEN', ticket: { isStale: true, error: expect.stringContaining('any more') } });
  });

  it("a hint makes exactly its ticket's blockers of the tenant due and rings for them, in every release", async () => {
    const one = await blocked();
    const other = await blocked();
    const second = await of.release();
    const shared = (await of.block(second, one.key)).body.id;
    for (const id of [one.id, other.id, shared]) await of.look(id);

    const foreign = await hurryBlockers(of.api.db, 'somebody else', of.integrationId, [signalKey.ticket(one.key)]);
    const elsewhere = await hurryBlockers(of.api.db, of.world.tenantId, 'another', [signalKey.ticket(one.key)]);
    const odd = await hurryBlockers(of.api.db, of.world.tenantId, of.integrationId, [signalKey.branch(one.key)]);
    const wakes = await hint(one.key);

    expect([foreign, elsewhere, odd]).toEqual([[], [], []]);
    expect(wakes.map(({ kind, queue, id }) => [kind, queue, id]).sort()).toEqual(
      [one.id, shared].sort().map((id) => ['blocker', 'blockers', id]),
    );
    const [wake] = wakes.filter(({ id }) => id === one.id);
    of.move(one.key, 'Done');
    await of.follow(wake ?? { id: '', fence: 0 });
    expect((await blocker(one.release)).status).toBe('RESOLVED');
    expect((await of.row(other.id)).inMs).toBeGreaterThan(0);
  });

  /** A worker that has read the ticket when this happens, and has written nothing yet. */
  function followerThatIsLate(meanwhile: () => Promise<unknown>) {
    const { connector } = of.api.deps;
    const open: typeof connector.open = async (...args) => {
      const opened = await connector.open(...args);
      const tracker = opened.provider.issueTracker;
      if (tracker === undefined) throw new Error('no tracker');
      const issueTracker: typeof tracker = (...given) => {
        const real = tracker(...given);
        const ticket = async (key: string) => {
          const found = await real.ticket(key);
          await meanwhile();
          return found;
        };
        return { ...real, ticket };
      };
      return { ...opened, provider: { ...opened.provider, issueTracker } };
    };
    return of.follower({ connector: { ...connector, open } });
  }

  it('what was read before a hint is thrown away: the look that the hint asks for decides', async () => {
    const { release, key, id } = await blocked();
    const late = followerThatIsLate(async () => {
      of.move(key, 'In Progress');
      await hint(key);
    });
    of.move(key, 'Done');

    await late(await of.due(id));
    const afterLate = await blocker(release);
    const { inMs, fence } = await of.row(id);
    await of.follow({ id, fence });

    expect([afterLate.status, afterLate.ticket.status]).toEqual(['OPEN', 'To Do']);
    expect(inMs).toBeLessThanOrEqual(0);
    expect((await blocker(release)).ticket.status).toBe('In Progress');
    expect(await typesTold(release)).toEqual(['BLOCKER_ADDED']);
  });

  it('what was read before a person changed it is thrown away, and it is looked at anew', async () => {
    const { release, key, id } = await blocked();
    const late = followerThatIsLate(() => of.change(release, id, 'waive', { reason: 'Rare' }));
    of.move(key, 'Done');

    await late(await of.due(id));
    const { inMs } = await of.row(id);

    expect(await blocker(release)).toMatchObject({ status: 'WAIVED', source: 'PERSON', ticket: { status: 'To Do' } });
    expect(inMs).toBeLessThanOrEqual(0);
  });

  it('is claimed by one of many, and due again when whoever claimed it died', async () => {
    const { key, id } = await blocked();
    const hangs = of.follower({ connector: { ...of.api.deps.connector, open: () => new Promise(() => undefined) } });
    const wake = await of.due(id);
    const before = reads(key);
    void hangs(wake);
    await expect.poll(async () => (await of.row(id)).fence).toBe(wake.fence + 1);

    await Promise.all([of.follow(wake), of.follow(wake)]);
    const claimed = await of.row(id);
    await of.api.db.run('UPDATE release_blockers SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]);
    await of.follow({ id, fence: claimed.fence });

    expect(claimed.inMs).toBeGreaterThan(LEASE_MS / 2);
    expect(reads(key) - before).toBe(1);
    expect((await of.row(id)).inMs).toBeGreaterThan(LEASE_MS);
  });

  it('a process that stops gives it back at once and counts no failure', async () => {
    const { id } = await blocked();
    const stop = new AbortController();
    const connector = {
      ...of.api.deps.connector,
      open: () => {
        stop.abort(new Error('the worker stops'));
        return Promise.reject(new Error('aborted'));
      },
    };

    await of.follower({ connector, signal: stop.signal })(await of.due(id));

    const { inMs, failures } = await of.row(id);
    expect(inMs).toBeLessThanOrEqual(0);
    expect(failures).toBe(0);
  });

  it('rests when its release has ended, without asking anybody', async () => {
    const { release, key, id } = await blocked();
    await of.world.call('POST', `/${release}/archive`);
    of.move(key, 'Done');
    const before = reads(key);

    await of.look(id);

    expect(reads(key)).toBe(before);
    expect((await of.row(id)).runAt).toBeNull();
    expect(await blocker(release)).toMatchObject({ status: 'OPEN', ticket: { nextLookAt: null } });
    expect(await hint(key)).toEqual([]);
  });

  it('the sweep rings for what is due, and for nothing else', async () => {
    const due = await blocked();
    const later = await blocked();
    await of.look(later.id);
    const rung: Wake[] = [];

    const found = await sweepDue(of.api.db, ['blockers'], (wakes) => void rung.push(...wakes));

    const { fence } = await of.row(due.id);
    expect(rung).toContainEqual(
      expect.objectContaining({ kind: 'blocker', queue: 'blockers', id: due.id, fence, tenantId: of.world.tenantId }),
    );
    expect(rung.map(({ id }) => id)).not.toContain(later.id);
    expect(found.get('blockers')?.due).toBe(rung.length);
  });

  it('tells its gate which are open, with their links', async () => {
    const { release, key, id } = await blocked();
    const closed = (await of.block(release, of.ticket('Closed'))).body.id;
    await of.change(release, closed, 'resolve');
    await of.world.call('POST', `/${release}/blockers`, { body: { title: 'Legal' } });

    const open = await createReleaseRecords(of.api.db).openBlockers({ tenantId: of.world.tenantId, id: release });

    const [{ url }] = (await of.blockers(release)).filter((found: { id: string }) => found.id === id);
    expect(open).toEqual([`${key}: Crash on start (${url})`, 'Legal']);
  });
});
