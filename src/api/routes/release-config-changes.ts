import { createRoute, z } from '@hono/zod-openapi';
import { makeDefault } from '../../services/release-configs/default-release-config.ts';
import { listReleaseConfigHistory } from '../../services/release-configs/list-release-config-history.ts';
import type { SubConfigChanges } from '../../services/release-configs/sub-configs.ts';
import { type AskedKickOff, suggestSchedule } from '../../services/release-configs/suggest-schedule.ts';
import { type ReleaseConfigChange, updateReleaseConfig } from '../../services/release-configs/update-release-config.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, jsonBody, listQuery, pageOf, problems, readProblems, writeProblems } from '../schemas.ts';
import { verifyQuery } from './config-routes.ts';
import { changeOf, parts, storeChanges, suggestedDatesSchema } from './release-config-schemas.ts';
import { item, itemParams, releaseConfigBody, releaseConfigView, rolloutPlanInput, writtenReleaseConfig } from './release-configs.ts';
import { historyEventSchema } from './release-history.ts';
import { instantInput } from './release-schemas.ts';

const named = {
  stores: true,
  ciConfigId: true,
  projectManagementConfigId: true,
  testManagementConfigId: true,
  commsConfigId: true,
} as const;

const changeSchema = changeOf(releaseConfigBody.omit(named))
  .extend({
    ...parts,
    stores: storeChanges(rolloutPlanInput).nullable().optional().meta({ description: 'All of them; null: none any more' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .openapi('ReleaseConfigChange');

const kickOffInput = z
  .union(
    [
      z.iso
        .date()
        .refine((text) => text >= '2000' && text < '2200')
        .transform((day): AskedKickOff => ({ day: new Date(day) })),
      instantInput.transform((at): AskedKickOff => ({ at })),
    ],
    { error: 'must be a day such as 2026-11-21 or an instant such as 2026-11-21T04:00:00Z' },
  )
  .optional()
  .openapi({
    type: 'string',
    description: 'A day, for its kickoff by the schedule, or an instant; absent: the next by the schedule',
    example: '2026-11-23',
  });

const common = { tags: ['Release configs'], security: bearer };

const routes = {
  update: createRoute({
    ...common,
    method: 'patch',
    path: item,
    operationId: 'updateReleaseConfig',
    summary: 'Change a release config',
    description:
      'What is absent stays, in objects such as `gates` too. A part that is null is taken out; one that is written out replaces the config that the release config has for itself, or becomes one. What it lets go of and had for itself is deleted. Touches later releases only.',
    request: { params: itemParams, query: verifyQuery, ...jsonBody(changeSchema) },
    responses: { 200: answer('The release config', writtenReleaseConfig), ...writeProblems, ...problems(503) },
  }),
  makeDefault: createRoute({
    ...common,
    method: 'post',
    path: `${item}/default`,
    operationId: 'makeReleaseConfigDefault',
    summary: 'Make a release config the default for its release type',
    description: 'Releases of the type that name no config take it. Another that was the default is not any more.',
    request: { params: itemParams },
    responses: { 200: answer('The release config', releaseConfigView), ...writeProblems },
  }),
  history: createRoute({
    ...common,
    method: 'get',
    path: `${item}/history`,
    operationId: 'listReleaseConfigHistory',
    summary: 'Every change of a release config, newest first',
    description: 'Who, when, and each field before and after; `ci.workflows` and the like are fields of the configs it names.',
    request: { params: itemParams, query: listQuery },
    responses: { 200: answer('A page of events', pageOf(historyEventSchema).openapi('ReleaseConfigHistoryPage')), ...readProblems },
  }),
  suggest: createRoute({
    ...common,
    method: 'get',
    path: `${item}/suggested-schedule`,
    operationId: 'suggestReleaseSchedule',
    summary: 'The dates a release would have by the schedule of its config',
    request: { params: itemParams, query: z.object({ kickOffDate: kickOffInput }) },
    responses: { 200: answer('The dates', suggestedDatesSchema), ...readProblems, ...problems(409) },
  }),
};

export function registerReleaseConfigChangeRoutes(app: App, deps: ApiDeps): void {
  app.openapi(routes.update, async (c) => {
    // The schemas of the parts have checked them; that of the rest is made from the config's own, whose type it keeps to.
    const { ci, projectManagement, testManagement, communication, stores, ...change } = c.req.valid('json') as SubConfigChanges &
      ReleaseConfigChange;
    const changes = { ci, projectManagement, testManagement, communication, stores };
    const { verify } = c.req.valid('query');
    return c.json(await updateReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId, { change, changes, verify }), 200);
  });
  app.openapi(routes.makeDefault, async (c) => c.json(await makeDefault(deps, c.get('caller'), c.req.valid('param').releaseConfigId), 200));
  app.openapi(routes.history, async (c) =>
    c.json(await listReleaseConfigHistory(deps, c.get('caller'), c.req.valid('param').releaseConfigId, c.req.valid('query')), 200),
  );
  app.openapi(routes.suggest, async (c) => {
    const dates = await suggestSchedule(deps, c.get('caller'), c.req.valid('param').releaseConfigId, c.req.valid('query').kickOffDate);
    return c.json(
      {
        kickOffReminderDate: dates.kickOffReminderDate?.toISOString() ?? null,
        kickOffDate: dates.kickOffDate.toISOString(),
        regressionSlots: dates.regressionSlots.map((slot) => ({ ...slot, date: slot.date.toISOString() })),
        targetReleaseDate: dates.targetReleaseDate.toISOString(),
      },
      200,
    );
  });
}
