import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase, type Tx } from '../../src/db/client.ts';
import { effectivePermissions } from '../../src/domain/access/permissions.ts';
import { writeHistory } from '../../src/engine/history.ts';
import { engineActor } from '../../src/engine/vocabulary.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { Caller } from '../../src/services/context.ts';
import { readDecided } from '../../src/services/events/decided-events.ts';
import { createEventHub, type EventHub, TooManyStreams } from '../../src/services/events/event-hub.ts';
import { followEvents, listEvents } from '../../src/services/events/follow-events.ts';
import { countingDatabase } from '../api/counting-database.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { applySchema } from '../support/schema.ts';
import { waitFor } from '../support/wait-for.ts';

const logger = createLogger({ level: 'silent', name: 'events' });
const limits = { everyMs: 10, insertMs: 300, maxStreams: 50, maxStreamsOfAccount: 40, maxWaiting: 1_000 };

describe.each(testDatabases())('what happened, as a stream, on $name', (server) => {
  let database: TestDatabase;
  let db: Database;
  let events: EventHub;
  beforeAll(async () => {
    database = await createTestDatabase(server);
    const url = new Secret(database.url);
    await applySchema(database.url);
    db = openDatabase({ url, poolSize: 12 });
    events = createEventHub({ db, logger, ...limits });
  });
  afterAll(async () => {
    events?.close();
    await db?.close();
    await database?.drop();
  });

  const callerOf = (tenantId: string): Caller => ({ tenantId, accountId: ulid(), permissions: effectivePermissions('owner', null, []) });

  const write = (tx: Tx, tenantId: string, why: string) =>
    writeHistory(tx, [
      {
        ...{ tenantId, scopeId: ulid(), entityType: 'task', entityId: ulid(), action: 'UPDATE', actor: engineActor, why },
        items: [{ field: 'status', before: 'READY', after: why }],
      },
    ]);

  /** A transaction that has written, and waits to be ended. */
  async function open(tenantId: string, why: string): Promise<{ commit: () => Promise<void>; rollBack: () => Promise<void> }> {
    let end: (outcome: 'commit' | 'roll back') => void = () => undefined;
    const outcome = new Promise<'commit' | 'roll back'>((resolve) => {
      end = resolve;
    });
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const done = db
      .transact(async (tx) => {
        await write(tx, tenantId, why);
        written();
        if ((await outcome) === 'roll back') throw new Error('rolled back');
      })
      .catch(() => undefined);
    await isWritten;
    return {
      commit: () => {
        end('commit');
        return done;
      },
      rollBack: () => {
        end('roll back');
        return done;
      },
    };
  }

  async function olderThan(tenantId: string, ms: number): Promise<number> {
    const rows = await db.rows(
      'SELECT 1 FROM state_history WHERE tenant_id = ? AND occurred_at <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND',
      [tenantId, ms * 1000],
    );
    return rows.length;
  }

  const commit = (tenantId: string, why: string) => db.transact((tx) => write(tx, tenantId, why));

  /** Reads a feed in the background. */
  async function listen(tenantId: string, after: number, hub = events, caller = callerOf(tenantId)) {
    const feed = await followEvents({ db, events: hub }, caller, { about: null, after }, ulid());
    const heard: { id: string; why: string | null }[] = [];
    const reading = (async () => {
      for await (const { id, data } of feed.events) heard.push({ id, why: data.why });
    })();
    return {
      heard,
      words: () => heard.map(({ why }) => why),
      leave: async () => {
        feed.leave();
        await reading;
      },
    };
  }

  it('tells what is committed later under a lower number first, and keeps the higher one back until then', async () => {
    const tenantId = ulid();
    const slow = await open(tenantId, 'first');
    await commit(tenantId, 'second');
    const stream = await listen(tenantId, 0);

    // Longer than an INSERT may take: it is the transaction that is waited for.
    await waitFor(async () => (await olderThan(tenantId, limits.insertMs * 1.5)) === 1, { what: 'the second to be old' });
    await events.refresh();
    const before = stream.words();
    await slow.commit();
    await waitFor(() => stream.heard.length === 2, { what: 'both' });
    await stream.leave();

    expect(before).toEqual([]);
    expect(stream.words()).toEqual(['first', 'second']);
  });

  it('goes on past the number of a transaction that was rolled back', async () => {
    const tenantId = ulid();
    const lost = await open(tenantId, 'never');
    await commit(tenantId, 'kept');
    await lost.rollBack();

    const stream = await listen(tenantId, 0);
    await waitFor(() => stream.heard.length === 1, { what: 'the one behind the gap' });
    await stream.leave();

    expect(stream.words()).toEqual(['kept']);
  });

  it('does not pass a number that was taken this very moment, though no row shows it yet', async () => {
    const tenantId = ulid();
    await commit(tenantId, 'before');
    const [last] = await db.rows<{ sequence: number }>('SELECT MAX(sequence) AS sequence FROM state_history');
    await (await open(tenantId, 'taken')).rollBack();
    await commit(tenantId, 'behind');

    const atOnce = await readDecided(db, last?.sequence ?? 0, { insertMs: 60_000, limit: 10 });
    const later = await waitFor(
      async () => {
        const read = await readDecided(db, last?.sequence ?? 0, { insertMs: 50, limit: 10 });
        return read.heads.length > 0 && read;
      },
      { what: 'the gap to be old' },
    );

    expect(atOnce).toMatchObject({ heads: [], upTo: last?.sequence });
    expect(later.heads.map(({ why }) => why)).toEqual(['behind']);
  });

  it('loses and repeats nothing, whoever commits in whatever order and however often a reader comes back', async () => {
    const tenantId = ulid();
    const [start] = await db.rows<{ sequence: number }>('SELECT MAX(sequence) AS sequence FROM state_history');
    let isWriting = true;
    const writer = async (name: number) => {
      for (let round = 0; round < 25; round += 1) {
        await db
          .transact(async (tx) => {
            await write(tx, tenantId, `${name}/${round}`);
            await tx.rows('SELECT SLEEP(?)', [((name * 7 + round * 13) % 23) / 1000]);
            if ((name + round) % 9 === 0) throw new Error('rolled back');
          })
          .catch(() => undefined);
      }
    };
    const writing = Promise.all([1, 2, 3, 4, 5, 6].map(writer)).finally(() => {
      isWriting = false;
    });
    const heard: string[] = [];
    let last = start?.sequence ?? 0;
    const expected = () =>
      db.rows<{ sequence: number }>('SELECT sequence FROM state_history WHERE tenant_id = ? ORDER BY sequence', [tenantId]);
    // Each life of the reader is with another process's hub, and ends after a few events.
    for (let life = 0; ; life += 1) {
      const hub = createEventHub({ db, logger, ...limits });
      const stream = await listen(tenantId, last, hub);
      const isDone = async () => !isWriting && heard.length + stream.heard.length >= (await expected()).length;
      await waitFor(async () => stream.heard.length > life % 7 || (await isDone()), { what: 'some events', everyMs: 5 });
      await stream.leave();
      hub.close();
      heard.push(...stream.heard.map(({ id }) => id));
      last = Number(heard.at(-1) ?? last);
      if (!isWriting && heard.length >= (await expected()).length) break;
    }
    await writing;

    const rows = await expected();
    expect(heard).toEqual(rows.map(({ sequence }) => String(sequence)));
    expect(rows.length).toBeGreaterThan(100);
  });

  it('does not repeat what another process, which was ahead, has told', async () => {
    const tenantId = ulid();
    const slow = await open(tenantId, 'under way');
    await commit(tenantId, 'told elsewhere');
    const [told] = await db.rows<{ sequence: number }>('SELECT MAX(sequence) AS sequence FROM state_history');
    const stream = await listen(tenantId, told?.sequence ?? 0);

    await slow.commit();
    await commit(tenantId, 'new');
    await waitFor(() => stream.words().includes('new'), { what: 'the new one' });
    await stream.leave();

    expect(stream.words()).toEqual(['new']);
  });

  it('asks as many queries for twenty streams as for one', async () => {
    const tenantId = ulid();
    const queries: number[] = [];
    for (const streams of [1, 20]) {
      const counting = countingDatabase(db);
      // Only a ping makes it look.
      const hub = createEventHub({ ...limits, db: counting.db, logger, everyMs: 3_600_000 });
      await commit(tenantId, 'known');
      const [known] = await db.rows<{ sequence: number }>('SELECT MAX(sequence) AS sequence FROM state_history');
      const all = await Promise.all(Array.from({ length: streams }, () => listen(tenantId, known?.sequence ?? 0, hub)));
      await waitFor(async () => (await hub.refresh()) === known?.sequence, { what: 'what tests before this rolled back to be decided' });
      const before = counting.statements();
      await commit(tenantId, 'new');

      hub.hurry();
      await waitFor(() => all.every(({ heard }) => heard.length === 1), { what: 'everybody to hear' });

      queries.push(counting.statements() - before);
      await Promise.all(all.map((stream) => stream.leave()));
      hub.close();
    }

    expect(queries).toEqual([2, 2]);
  });

  it('tells whoever is too slow from the rows what it did not keep for them', async () => {
    const tenantId = ulid();
    const hub = createEventHub({ db, logger, ...limits, maxWaiting: 3 });
    await commit(tenantId, '0');
    const feed = await followEvents({ db, events: hub }, callerOf(tenantId), { about: null, after: 0 }, ulid());
    const words: (string | null)[] = [(await feed.events.next()).value?.data.why ?? null];
    for (let n = 1; n <= 10; n += 1) await commit(tenantId, String(n));
    await hub.refresh();

    while (words.length < 11) words.push((await feed.events.next()).value?.data.why ?? null);
    feed.leave();
    hub.close();

    expect(words).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  });

  it('gives a list what a stream would give, page by page, and the number to go on with', async () => {
    const tenantId = ulid();
    for (const why of ['a', 'b', 'c']) await commit(tenantId, why);
    const ask = (after: number) => listEvents({ db, events }, callerOf(tenantId), { about: null, after }, 2);

    const first = await waitFor(
      async () => {
        const page = await ask(0);
        return page.items.length === 2 && page;
      },
      { what: 'a page' },
    );
    const second = await ask(Number(first.after));
    const third = await ask(Number(second.after));

    expect([first, second, third].map(({ items, hasMore }) => [items.map(({ data }) => data.why), hasMore])).toEqual([
      [['a', 'b'], true],
      [['c'], false],
      [[], false],
    ]);
    expect(first.items[0]).toMatchObject({ type: 'task.update', data: { items: [{ field: 'status', before: 'READY', after: 'a' }] } });
  });

  it('begins a tenant with what comes now, and hears nothing of another', async () => {
    const [mine, other] = [ulid(), ulid()];
    await commit(mine, 'before');
    const feed = await followEvents({ db, events }, callerOf(mine), { about: null, after: null }, ulid());
    await commit(other, 'not mine');
    await commit(mine, 'now');

    const { value } = await feed.events.next();
    feed.leave();

    expect(value?.data.why).toBe('now');
  });

  it('takes no more streams than it has room for, of one account and of all', async () => {
    const tenantId = ulid();
    const hub = createEventHub({ db, logger, ...limits, maxStreams: 3, maxStreamsOfAccount: 2 });
    const caller = callerOf(tenantId);
    const join = (who = caller) => followEvents({ db, events: hub }, who, { about: null, after: null }, ulid());
    const [first] = [await join(), await join()];

    await expect(join()).rejects.toThrow(TooManyStreams);
    await join(callerOf(tenantId));
    await expect(join(callerOf(tenantId))).rejects.toThrow('3 event streams');
    first.leave();
    await expect(join()).resolves.toBeDefined();
    hub.close();
    await expect(join()).rejects.toThrow('stopping');
  });
});
