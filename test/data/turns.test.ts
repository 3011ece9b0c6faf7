import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabases } from '../support/databases.ts';
import { type DistributedRelease, type DistributionWorld, openDistributionWorld } from './distribution-world.ts';
import { MemoryStore } from './memory-store.ts';
import { frozenStore } from './release-facts.ts';

const APP = 'com.example.shop';
const SUBMIT = 'SUBMIT_TO_PLAY_STORE/PLAY_STORE';

describe.each(testDatabases())('submissions of several releases on $name', (server) => {
  let world: DistributionWorld;
  beforeAll(async () => {
    world = await openDistributionWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    world.store = new MemoryStore();
    world.store.build('42', '1.4.0');
  });

  /** Another release of the same tenant. */
  const beside = ({ tenantId }: DistributedRelease, number: number, store = frozenStore('PLAY_STORE')) =>
    world.release([store], {}, { tenantId, number });

  it('wait for the one of the same app in review, name it, and go on in the transaction that ends its review', async () => {
    const first = await world.release();
    const second = await beside(first, 2);
    await world.db.run(`UPDATE platform_releases SET version = '1.5.0' WHERE release_id = ?`, [second.releaseId]);
    world.store.build('43', '1.5.0');
    await first.look(SUBMIT);

    const waiting = await second.look(SUBMIT);
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
    await first.look(SUBMIT);

    expect(waiting).toMatchObject({ status: 'WAITING', waitReason: 'TURN' });
    expect(waiting.output).toMatchObject({
      target: 'PLAY_STORE',
      version: '1.5.0',
      blockedBy: [{ id: first.releaseId, displayId: 'REL-1' }],
    });
    expect(waiting.runAt?.getTime()).toBeGreaterThan(waiting.now.getTime());
    const woken = await second.task(SUBMIT);
    expect(woken.runAt?.getTime()).toBeLessThanOrEqual(woken.now.getTime());
    expect(await second.submissions()).toHaveLength(0);
    await second.look(SUBMIT);
    expect(await second.submissions()).toHaveLength(1);
  });

  it('wait for one on another track, too, and not for another app or another tenant', async () => {
    const first = await world.release();
    await first.look(SUBMIT);
    const beta = await beside(first, 2, frozenStore('PLAY_STORE', { track: 'beta' }));
    const others = [await beside(first, 3, frozenStore('PLAY_STORE', { appId: 'com.example.other' })), await world.release()];

    const looks = [];
    for (const other of others) looks.push(await other.look(SUBMIT));

    expect(await beta.look(SUBMIT)).toMatchObject({ waitReason: 'TURN' });
    expect(looks.map(({ waitReason }) => waitReason)).not.toContain('TURN');
  });

  it('of one version wait for each other to the end, not for the review alone', async () => {
    const first = await world.release();
    const second = await beside(first, 2);
    await first.look(SUBMIT);
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
    await first.look(SUBMIT);

    const waiting = await second.look(SUBMIT);
    await world.db.run(`UPDATE runs SET status = 'COMPLETED' WHERE id = ?`, [first.runId]);
    await second.look(SUBMIT);

    expect(waiting).toMatchObject({ waitReason: 'TURN', output: { blockedBy: [{ displayId: 'REL-1' }], sameVersion: true } });
    expect(await second.submissions()).toHaveLength(1);
  });

  it('are not taken up while the release is paused, though the way is free', async () => {
    const first = await world.release();
    const second = await beside(first, 2);
    await first.look(SUBMIT);
    await second.look(SUBMIT);
    await second.pause();
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
    await first.look(SUBMIT);

    const waiting = await second.look(SUBMIT);

    expect(waiting).toMatchObject({ status: 'WAITING', waitReason: 'TURN' });
    expect(waiting.output).toMatchObject({ blockedBy: [] });
    expect(await second.submissions()).toHaveLength(0);
  });
});
