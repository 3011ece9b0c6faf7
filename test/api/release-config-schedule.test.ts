import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases } from '../support/databases.ts';
import { type ConfigPartsWorld, configPartsWorld, fieldsOf } from './config-parts-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Release configs that say when, and those that are taken when none is named. */

const schedule = {
  ...{ zone: 'America/New_York', workingDays: [1, 2, 3, 4, 5], kickOffTime: '10:00', reminder: { workingDaysBefore: 1, time: '16:00' } },
  slots: [{ workingDay: 1, time: '09:30', automation: false }],
  target: { workingDay: 5, time: '18:00' },
};
const platformTargets = [{ platform: 'WEB', target: 'WEB' }];

describe.each(testDatabases())('on $name', (server) => {
  let api: ApiHarness;
  let world: ConfigPartsWorld;
  beforeAll(async () => {
    api = await startApi({ server });
    world = await configPartsWorld(api);
  });
  afterAll(() => api.close());

  const create = (own: ConfigPartsWorld, body: object) => own.call('POST', '', { body: { type: 'MINOR', platformTargets, ...body } });

  describe('the schedule of a release config', () => {
    it('suggests dates: for a day, for an instant, and for the next kickoff', async () => {
      const made = await world.made({ schedule });
      const suggested = (query: string) => world.at('GET', `release-configs/${made.id}/suggested-schedule${query}`);

      // Clocks go forward in New York on 2035-03-11.
      const onDay = await suggested('?kickOffDate=2035-03-09');
      const atInstant = await suggested('?kickOffDate=2035-03-09T17:00:00Z');
      const next = await suggested('');

      expect(made.schedule).toEqual(schedule);
      expect(onDay.body).toEqual({
        kickOffReminderDate: '2035-03-08T21:00:00.000Z',
        kickOffDate: '2035-03-09T15:00:00.000Z',
        regressionSlots: [{ date: '2035-03-12T13:30:00.000Z', automation: false }],
        targetReleaseDate: '2035-03-16T22:00:00.000Z',
      });
      expect(atInstant.body).toEqual({ ...onDay.body, kickOffDate: '2035-03-09T17:00:00.000Z' });
      expect(Date.parse(next.body.kickOffReminderDate)).toBeGreaterThan(Date.now());
    });

    it('gives a release the dates that nobody named, and those that somebody named stand', async () => {
      const made = await world.made({ schedule });
      const kickOffDate = '2035-03-09T15:00:00.000Z';

      const whole = await create(world, { releaseConfigId: made.id, type: 'MAJOR' });
      const named = await create(world, { releaseConfigId: made.id, type: 'MAJOR', kickOffDate, kickOffReminderDate: null });

      const next = (await world.at('GET', `release-configs/${made.id}/suggested-schedule`)).body;
      expect([whole.status, named.status], whole.text + named.text).toEqual([201, 201]);
      expect(whole.body).toMatchObject({ kickOffDate: next.kickOffDate, targetReleaseDate: next.targetReleaseDate });
      expect(named.body).toMatchObject({ kickOffDate, kickOffReminderDate: null, targetReleaseDate: '2035-03-16T22:00:00.000Z' });
      expect(named.body.slots.map(({ date }: { date: string }) => date)).toEqual(['2035-03-12T13:30:00.000Z']);
    });

    it('that there is none is said: of suggestions, and of each date that is missing', async () => {
      const made = await world.made();

      expect((await world.at('GET', `release-configs/${made.id}/suggested-schedule`)).status).toBe(409);
      expect(fieldsOf(await create(world, { releaseConfigId: made.id }))).toEqual([
        '/kickOffDate',
        '/targetReleaseDate',
        '/regressionSlots',
      ]);
    });

    it('is refused where it cannot be kept, field by field', async () => {
      const wrong = { ...schedule, zone: 'Mars/Olympus', target: { workingDay: 0, time: '10:00' } };

      expect(fieldsOf(await world.at('POST', 'release-configs', world.form({ schedule: wrong })))).toEqual([
        '/schedule/zone',
        '/schedule/target',
      ]);
      const noTime = { ...schedule, kickOffTime: '25:00', workingDays: [8] };
      expect(fieldsOf(await world.at('POST', 'release-configs', world.form({ schedule: noTime }))).sort()).toEqual([
        '/schedule/kickOffTime',
        '/schedule/workingDays/0',
      ]);
      const made = await world.made();
      expect((await world.at('GET', `release-configs/${made.id}/suggested-schedule?kickOffDate=soon`)).status).toBe(422);
    });
  });

  describe('the default release config of a type', () => {
    it('is one at a time, by its own request or by its body, and ends with its type and with its config', async () => {
      const own = await configPartsWorld(api);
      const [first, second, major] = [
        await own.made({ isDefault: true }),
        await own.made({ name: 'Second' }),
        await own.made({ name: 'Major', releaseType: 'MAJOR', isDefault: true }),
      ];
      const defaults = async () => {
        const { items } = (await own.at('GET', 'release-configs?includeInactive=true')).body;
        return items.filter(({ isDefault }: { isDefault: boolean }) => isDefault).map(({ id }: { id: string }) => id);
      };
      const one = (id: string) => `release-configs/${id}`;

      expect(await defaults()).toEqual([major.id, first.id]);
      expect((await own.at('POST', `${one(second.id)}/default`)).body.isDefault).toBe(true);
      expect((await own.at('POST', `${one(second.id)}/default`)).status).toBe(200);
      expect(await defaults()).toEqual([major.id, second.id]);
      await own.at('PATCH', one(second.id), { baseBranch: 'develop' });
      await own.at('PUT', one(major.id), own.form({ name: 'Major', releaseType: 'MAJOR' }));
      expect(await defaults()).toEqual([major.id, second.id]);
      await own.at('PATCH', one(second.id), { releaseType: 'HOTFIX' });
      await own.at('PATCH', one(major.id), { isDefault: false });
      expect(await defaults()).toEqual([]);
      await own.at('PATCH', one(first.id), { isDefault: true });
      await own.at('DELETE', one(first.id));
      expect(await defaults()).toEqual([]);
      expect((await own.at('POST', `${one(first.id)}/default`)).status).toBe(409);
      expect((await own.at('PATCH', one(first.id), { isDefault: true })).status).toBe(409);
      const lost = (await own.at('GET', `${one(first.id)}/history`)).body.items.find(({ why }: { why: string | null }) => why !== null);
      expect(lost).toMatchObject({
        why: expect.stringContaining('MINOR'),
        items: [{ field: 'isDefault', before: 'true', after: 'false' }],
      });
    });

    it('is one, also when many are made it at once', async () => {
      const own = await configPartsWorld(api);
      const made = await Promise.all(['a', 'b', 'c', 'd'].map((name) => own.made({ name })));

      const answers = await Promise.all([
        ...made.map(({ id }) => own.at('POST', `release-configs/${id}/default`)),
        own.at('POST', 'release-configs', own.form({ isDefault: true })),
      ]);

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 201]);
      expect(
        await api.db.rows('SELECT COUNT(*) AS n FROM release_configs WHERE tenant_id = ? AND default_for IS NOT NULL', [own.tenantId]),
      ).toEqual([{ n: 1 }]);
    });

    it('is what a release takes that names none; where there is none, that is said', async () => {
      const own = await configPartsWorld(api);
      const without = await create(own, {});
      const made = await own.made({ schedule, isDefault: true });

      const taken = await create(own, { platformTargets: [{ ...platformTargets[0], version: '1.4.0' }] });
      const otherType = await create(own, { type: 'MAJOR' });

      expect(fieldsOf(without)).toEqual(['/releaseConfigId']);
      expect(without.body.errors[0].message).toContain('MINOR');
      expect(taken.body, taken.text).toMatchObject({ config: { id: made.id } });
      expect(fieldsOf(otherType)).toEqual(['/releaseConfigId']);
      const stranger = await configPartsWorld(api);
      expect(fieldsOf(await create(stranger, {}))).toEqual(['/releaseConfigId']);
    });
  });
});
