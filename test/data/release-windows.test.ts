import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createEntry, replaceEntry } from '../../src/services/catalogue/entry.ts';
import { type WindowBody, windows } from '../../src/services/catalogue/windows.ts';
import type { Caller } from '../../src/services/context.ts';
import { whyRelease } from '../../src/services/releases/why/why.ts';
import { overrideWindows } from '../../src/services/windows/override-windows.ts';
import { testDatabases } from '../support/databases.ts';
import { type DistributedRelease, type DistributionWorld, openDistributionWorld } from './distribution-world.ts';
import { MemoryStore } from './memory-store.ts';
import { frozenStore } from './release-facts.ts';

const APP = 'com.example.shop';
const SUBMIT = 'SUBMIT_TO_PLAY_STORE/PLAY_STORE';
const ROLL_OUT = 'ROLL_OUT/PLAY_STORE';
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

describe.each(testDatabases())('windows of releases on $name', (server) => {
  let world: DistributionWorld;
  beforeAll(async () => {
    world = await openDistributionWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    world.store = new MemoryStore();
    world.store.build('42', '1.4.0');
  });

  const deps = () => ({ db: world.db, ring: world.ring, keyring });
  const callerOf = (tenantId: string): Caller => ({ tenantId, accountId: ulid(), permissions: new Set(permissions) });
  const keyring = createKeyring(new Secret(`a:${Buffer.alloc(32, 7).toString('base64')}`));

  /** A freeze that began an hour ago, to the minute, and ends in one. */
  async function freeze(tenantId: string, over: Partial<WindowBody> = {}): Promise<{ id: string; body: WindowBody; endsAt: Date }> {
    const [clock] = await world.db.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now');
    const start = new Date(Math.floor((clock?.now.getTime() ?? 0) / 60_000) * 60_000 - HOUR_MS);
    const cron = `${start.getUTCMinutes()} ${start.getUTCHours()} ${start.getUTCDate()} ${start.getUTCMonth() + 1} *`;
    const body: WindowBody = {
      ...{ name: 'Black Friday', kind: 'deny', cron, durationMinutes: 120, zone: 'UTC', scope: {}, onClose: 'pause', isActive: true },
      ...over,
    };
    const { id } = await createEntry(deps(), callerOf(tenantId), windows, body);
    return { id, body, endsAt: new Date(start.getTime() + 2 * HOUR_MS) };
  }

  const lift = (tenantId: string, { id, body }: { id: string; body: WindowBody }) =>
    replaceEntry(deps(), callerOf(tenantId), windows, id, { ...body, isActive: false });

  const override = (release: DistributedRelease) =>
    overrideWindows(deps(), callerOf(release.tenantId), { kind: 'release', id: release.releaseId }, inTwoHours());
  const inTwoHours = () => ({ reason: 'A fix that cannot wait', expiresAt: new Date(Date.now() + 2 * HOUR_MS) });

  const why = async ({ tenantId, releaseId }: DistributedRelease, what: string) =>
    (await whyRelease({ db: world.db }, callerOf(tenantId), releaseId)).items.find((item) => item.what === what);

  /** One whose first step is out, and whose second is due. */
  async function dueForMore(): Promise<DistributedRelease> {
    const steps = [5, 50, 100].map((percent) => ({ percent, waitMinutes: 1440 }));
    const release = await world.release([frozenStore('PLAY_STORE', { rolloutPlan: { kind: 'staged', steps } })]);
    await release.look(SUBMIT);
    world.store.show(APP, { kind: 'rolling-out', fraction: 0.05 });
    await release.look(SUBMIT);
    await release.look(ROLL_OUT);
    await release.passSteps(DAY_MS);
    return release;
  }

  describe('a submission', () => {
    it('waits while a window is closed, wakes once when it opens, fails nothing, and says what it waits for', async () => {
      const release = await world.release();
      const { endsAt } = await freeze(release.tenantId);

      const task = await release.look(SUBMIT);

      expect(task).toMatchObject({ status: 'WAITING', waitReason: 'WINDOW', failures: 0 });
      expect(task.runAt?.getTime()).toBeGreaterThanOrEqual(endsAt.getTime());
      expect(task.runAt?.getTime()).toBeLessThan(endsAt.getTime() + HOUR_MS);
      expect(world.store.writes).toEqual([]);
      expect(await release.submissions()).toEqual([]);
      expect(await release.holds()).toEqual([]);
      expect(await why(release, 'SUBMIT_TO_PLAY_STORE')).toMatchObject({
        ...{ on: 'time', nextAction: 'it goes on', nextAt: endsAt.toISOString(), owner: { kind: 'time', roles: ['owner', 'admin'] } },
        remedy: expect.stringContaining('/window-overrides'),
        sentence: expect.stringContaining('Black Friday'),
      });
    });

    it('that was let pass is hurried, and submitted', async () => {
      const release = await world.release();
      await freeze(release.tenantId);
      await release.look(SUBMIT);

      await override(release);
      const { runAt, now } = await release.task(SUBMIT);
      await release.look(SUBMIT);

      expect(runAt?.getTime()).toBeLessThanOrEqual(now.getTime());
      expect(world.store.writes).toEqual(['submit 42']);
    });

    it('is let pass no longer than until the override expires', async () => {
      const release = await world.release();
      await freeze(release.tenantId);
      const { id } = await override(release);
      await world.db.run('UPDATE window_overrides SET expires_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]);

      expect(await release.look(SUBMIT)).toMatchObject({ waitReason: 'WINDOW' });
    });

    it('is hurried when the window is changed', async () => {
      const release = await world.release();
      const closed = await freeze(release.tenantId);
      await release.look(SUBMIT);

      await lift(release.tenantId, closed);
      const { runAt, now } = await release.task(SUBMIT);

      expect(runAt?.getTime()).toBeLessThanOrEqual(now.getTime());
    });

    it('waits for no window of another tenant, of another store, or that was switched off', async () => {
      const release = await world.release();
      await freeze(ulid());
      await freeze(release.tenantId, { name: 'Apple', scope: { targets: ['APP_STORE'] } });
      await freeze(release.tenantId, { name: 'Other', scope: { releaseConfigIds: [ulid()] } });
      await freeze(release.tenantId, { name: 'Off', isActive: false });

      await release.look(SUBMIT);

      expect(world.store.writes).toEqual(['submit 42']);
    });

    it('is not submitted by the opening of a window while its release is paused', async () => {
      const release = await world.release();
      const closed = await freeze(release.tenantId);
      await release.look(SUBMIT);
      await release.pause();
      await lift(release.tenantId, closed);

      expect(await release.look(SUBMIT)).toMatchObject({ waitReason: 'TURN' });
      expect(world.store.writes).toEqual([]);
    });

    it('that came to the store before the window closed is followed', async () => {
      const release = await world.release();
      world.store.fail('ensureSubmitted', 'after');
      await release.crash(SUBMIT);
      await freeze(release.tenantId);

      expect(await release.look(SUBMIT)).toMatchObject({ waitReason: 'CALLBACK', output: { status: 'IN_REVIEW' } });
      expect(world.store.writes).toEqual(['submit 42']);
    });
  });

  describe('a rollout', () => {
    it('takes no step while a window is closed, looks at the store all the while, and goes on when it opens', async () => {
      const release = await dueForMore();
      const closed = await freeze(release.tenantId);

      const waiting = await release.look(ROLL_OUT);
      const item = await why(release, 'ROLL_OUT');
      await lift(release.tenantId, closed);
      await release.look(ROLL_OUT);

      expect(waiting).toMatchObject({ waitReason: 'WINDOW', output: { pauseReason: 'window', closedBy: ['Black Friday'] } });
      expect((waiting.runAt?.getTime() ?? 0) - waiting.now.getTime()).toBeLessThanOrEqual(60_000);
      expect(item).toMatchObject({ on: 'time', nextAction: 'it goes on', nextAt: closed.endsAt.toISOString() });
      expect(world.store.writes.slice(1)).toEqual(['set-fraction 0.5']);
    });

    it('is halted whatever windows say', async () => {
      const release = await dueForMore();
      await freeze(release.tenantId);
      await release.look(ROLL_OUT);

      await release.steer('PLAY_STORE', 'halt');

      expect(await release.look(ROLL_OUT)).toMatchObject({ waitReason: 'HALTED' });
      expect(world.store.writes.slice(1)).toEqual(['halt']);
    });

    it('goes on where closing lets it finish', async () => {
      const release = await dueForMore();
      await freeze(release.tenantId, { onClose: 'finish' });

      await release.look(ROLL_OUT);

      expect(world.store.writes.slice(1)).toEqual(['set-fraction 0.5']);
    });

    it('is halted where closing aborts it; people hear of it, and it is resumed by a person and an open window', async () => {
      const release = await dueForMore();
      const closed = await freeze(release.tenantId, { onClose: 'abort' });

      const stopped = await release.look(ROLL_OUT);
      const item = await why(release, 'ROLL_OUT');
      await release.steer('PLAY_STORE', 'resume');
      const wanted = await release.look(ROLL_OUT);
      await lift(release.tenantId, closed);
      await release.look(ROLL_OUT);

      expect(stopped).toMatchObject({ waitReason: 'HALTED', output: { pauseReason: 'window-halt' } });
      expect(item).toMatchObject({ on: 'person', sentence: expect.stringContaining('a window closed: Black Friday') });
      expect(await release.told('ROLLOUT_HALTED')).toMatchObject([{ by: null, outside: false, reason: 'a window closed: Black Friday' }]);
      expect(wanted).toMatchObject({ waitReason: 'WINDOW' });
      expect(world.store.writes.slice(1, 3)).toEqual(['halt', 'resume']);
    });
  });
});
