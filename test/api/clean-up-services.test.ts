import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases } from '../support/databases.ts';
import { type BlockersWorld, openBlockersWorld } from './blockers-world.ts';
import { cleaner, statesOf } from './clean-up-world.ts';
import { addBuild, buildTask } from './repository-world.ts';

/** Tickets, artifacts and test runs of a release that is called off; and what a worker that dies leaves. */

describe.each(testDatabases())('on $name', (server) => {
  let of: BlockersWorld;
  let clean: ReturnType<typeof cleaner>;
  beforeAll(async () => {
    of = await openBlockersWorld(server);
    clean = cleaner(of.api, of.world);
  });
  afterAll(() => of?.close());

  const archive = (releaseId: string, body: object) => of.world.call('POST', `/${releaseId}/archive`, { body });

  async function withTicket() {
    const releaseId = await of.release();
    const key = of.ticket('Release 9');
    await of.api.db.run('UPDATE platform_releases SET ticket_key = ? WHERE release_id = ?', [key, releaseId]);
    return { releaseId, key };
  }

  describe('tickets', () => {
    it('are told of once, and moved where somebody wants that', async () => {
      const { releaseId, key } = await withTicket();
      await archive(releaseId, { reason: 'Dropped', cleanUp: { tickets: { moveTo: 'Done' } } });
      // The second try of a worker whose answer was lost.
      of.jira.failNext({ match: { method: 'POST', path: /transitions/ }, mode: 'drop-after' });

      const [lost] = await clean.round(releaseId);
      of.jira.clearFaults();
      const [done] = await clean.round(releaseId);

      expect([lost?.state, done?.state]).toEqual(['PENDING', 'DONE']);
      expect(done?.outcome).toContain('"Done"');
      const ticket = of.jira.world.tickets().find((each) => each.key === key);
      expect(JSON.stringify(ticket?.comments).split('was called off: Dropped')).toHaveLength(2);
      expect(ticket?.status).toBe('Done');
    });

    it('that cannot be moved there say so, and wait for somebody to ask again', async () => {
      const { releaseId } = await withTicket();
      await archive(releaseId, { cleanUp: { tickets: { moveTo: 'Nowhere' } } });

      // A conflict may be somebody else's change in between, so that it is looked at a few times.
      await clean.round(releaseId);
      await clean.round(releaseId);
      const [failed] = await clean.round(releaseId);
      await archive(releaseId, { cleanUp: { tickets: {} } });
      const [done] = await clean.round(releaseId);

      expect(failed).toMatchObject({
        state: 'FAILED',
        nextTryAt: null,
        failure: { remedy: expect.stringContaining('rchive the release again') },
      });
      expect(done).toMatchObject({ state: 'DONE', id: failed?.id });
    });
  });

  describe('artifacts', () => {
    it('are removed with the note of where they were', async () => {
      const releaseId = await of.release({ regressionSlots: [{ date: new Date(Date.now() + 7_200_000).toISOString() }] });
      const taskId = await buildTask(of.api, of.world, releaseId);
      const buildId = await addBuild(of.api, of.world, releaseId, taskId, { integrationId: null, handle: null, status: 'SUCCEEDED' });
      const key = `${of.world.tenantId}/${buildId}`;
      await of.api.deps.artifacts.put(key, Readable.from([Buffer.from('app')]), { maxBytes: 10 });
      await of.api.db.run('UPDATE builds SET artifact_key = ?, artifact_name = ? WHERE id = ?', [key, 'app.apk', buildId]);
      const { body } = await archive(releaseId, { cleanUp: { artifacts: true } });

      const after = await clean.round(releaseId);

      expect(body.leftBehind.artifacts).toEqual([{ buildId, platform: 'WEB', name: 'app.apk', size: null }]);
      expect(statesOf(after)).toEqual({ [`ARTIFACT ${buildId}`]: 'DONE' });
      expect(await of.api.deps.artifacts.open(key)).toBeNull();
      expect((await of.world.call('GET', `/${releaseId}`)).body.leftBehind.artifacts).toEqual([]);
    });
  });

  describe('a worker', () => {
    it('that loses its row to another writes nothing, and one that stops gives it back', async () => {
      const { releaseId } = await withTicket();
      await archive(releaseId, { cleanUp: { tickets: {} } });
      const due = async () => {
        const [row] = await of.api.db.rows<{ id: string; fence: number; isDue: number; state: string }>(
          'SELECT id, fence, run_at <= UTC_TIMESTAMP(3) AS isDue, state FROM clean_ups WHERE scope_id = ?',
          [releaseId],
        );
        if (row === undefined) throw new Error('there is no clean-up');
        return row;
      };
      const wake = await due();
      const stopping = new AbortController();
      stopping.abort(new Error('the worker stops'));

      await cleaner(of.api, of.world, { signal: stopping.signal }).carryOut(wake);
      const givenBack = await due();
      await clean.carryOut(wake);
      const stale = await due();
      await Promise.all([clean.carryOut(givenBack), clean.carryOut(givenBack)]);

      expect(givenBack).toMatchObject({ isDue: 1, state: 'PENDING' });
      expect(stale).toEqual(givenBack);
      expect(await due()).toMatchObject({ state: 'DONE', isDue: null, fence: givenBack.fence + 2 });
    });
  });
});
