import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const remindersOf = (releaseId: string) =>
  api.db.rows<{ status: string; data: unknown }>(
    `SELECT status, data FROM deliveries WHERE tenant_id = ? AND subject_id = ? AND type = 'REGRESSION_KICKOFF_REMINDER' ORDER BY id`,
    [world.tenantId, releaseId],
  );

it('people hear once of a regression that begins within the hour, again only when it is moved', async () => {
  const { id } = await world.kickedOff({ regressionSlots: [{ date: minutes(30) }] });
  const planned = await remindersOf(id);
  await api.db.run('UPDATE regression_slots SET created_at = UTC_TIMESTAMP(3) - INTERVAL 1 DAY WHERE release_id = ?', [id]);

  await world.advance(id);
  await world.advance(id);
  const reminded = await remindersOf(id);
  await api.db.run('UPDATE regression_slots SET date = UTC_TIMESTAMP(3) + INTERVAL 40 MINUTE WHERE release_id = ?', [id]);
  await world.advance(id);

  expect(planned).toEqual([]);
  expect(reminded).toMatchObject([{ status: 'PENDING', data: { cycle: 1, date: expect.any(String) } }]);
  expect(await remindersOf(id)).toHaveLength(2);
});
