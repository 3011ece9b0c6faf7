import { createRoute, z } from '@hono/zod-openapi';
import { addSlot } from '../../services/releases/slots/add-slot.ts';
import { listSlots } from '../../services/releases/slots/list-slots.ts';
import { removeSlot } from '../../services/releases/slots/remove-slot.ts';
import { skipSlot } from '../../services/releases/slots/skip-slot.ts';
import { updateSlot } from '../../services/releases/slots/update-slot.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, jsonBody, readProblems, writeProblems } from '../schemas.ts';
import { instantInput, reasonSchema, releaseParams, releasePath, slotSchema } from './release-schemas.ts';

const slotsPath = `${releasePath}/regression-slots`;
const slotParams = releaseParams.extend({ slotId: idSchema });
const automation = z
  .boolean()
  .optional()
  .meta({ description: "Whether its cycle runs the automated tests; absent: as the release's config says" });

const newSlotSchema = z.strictObject({ date: instantInput, automation }).openapi('NewRegressionSlot');
const slotChangeSchema = z
  .strictObject({ date: instantInput.optional(), automation })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .openapi('RegressionSlotChange');

const slotSkipSchema = z.strictObject({ reason: reasonSchema }).openapi('RegressionSlotSkip');

const common = { tags: ['Regression slots'], security: bearer };

const routes = (deps: ApiDeps) => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: slotsPath,
    operationId: 'listRegressionSlots',
    summary: 'Regression slots in the order of their dates, with their cycles',
    request: { params: releaseParams },
    responses: { 200: answer('The slots', z.object({ items: z.array(slotSchema) }).openapi('RegressionSlotList')), ...readProblems },
  }),
  add: createRoute({
    ...common,
    method: 'post',
    path: slotsPath,
    operationId: 'addRegressionSlot',
    summary: 'Plan another regression cycle',
    description:
      'Between now and the target release date, until the final tag is written. It reopens a regression that waits at its gate, or whose post-regression has opened and has not come to the tag, and takes back a trigger-pre-release that has not come to the gate.',
    middleware: [idempotent(deps)] as const,
    request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(newSlotSchema) },
    responses: { 201: answer('The slot', slotSchema), ...writeProblems },
  }),
  update: createRoute({
    ...common,
    method: 'patch',
    path: `${slotsPath}/{slotId}`,
    operationId: 'updateRegressionSlot',
    summary: 'Move a planned slot, or switch its automated tests',
    request: { params: slotParams, ...jsonBody(slotChangeSchema) },
    responses: { 200: answer('The slot', slotSchema), ...writeProblems },
  }),
  skip: createRoute({
    ...common,
    method: 'post',
    path: `${slotsPath}/{slotId}/skip`,
    operationId: 'skipRegressionSlot',
    summary: 'Skip a planned slot, with a reason',
    description:
      'It stays in the list, and the reason with it. Skipping the last one is possible: without a finished cycle the release then waits for a person, and says so in `why`.',
    middleware: [idempotent(deps)] as const,
    request: { params: slotParams, headers: idempotencyHeader, ...jsonBody(slotSkipSchema) },
    responses: { 200: answer('The slot', slotSchema), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: `${slotsPath}/{slotId}`,
    operationId: 'removeRegressionSlot',
    summary: 'Take a planned slot away',
    description: 'The last one stays until a cycle has begun: without a cycle there is no release candidate.',
    request: { params: slotParams },
    responses: { 204: { description: 'It is planned no more' }, ...writeProblems },
  }),
});

export function registerReleaseSlotRoutes(app: App, deps: ApiDeps): void {
  const { list, add, update, skip, remove } = routes(deps);
  app.openapi(list, async (c) => c.json(await listSlots(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(add, async (c) =>
    c.json(await addSlot(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 201),
  );
  app.openapi(update, async (c) => {
    const { releaseId, slotId } = c.req.valid('param');
    return c.json(await updateSlot(servicesFor(c, deps), c.get('caller'), releaseId, slotId, c.req.valid('json')), 200);
  });
  app.openapi(skip, async (c) => {
    const { releaseId, slotId } = c.req.valid('param');
    return c.json(await skipSlot(servicesFor(c, deps), c.get('caller'), releaseId, slotId, c.req.valid('json')), 200);
  });
  app.openapi(remove, async (c) => {
    const { releaseId, slotId } = c.req.valid('param');
    await removeSlot(servicesFor(c, deps), c.get('caller'), releaseId, slotId);
    return c.body(null, 204);
  });
}
