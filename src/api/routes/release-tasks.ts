import { createRoute, z } from '@hono/zod-openapi';
import { stageKeys } from '../../domain/release/vocabulary.ts';
import { taskStatuses } from '../../domain/run.ts';
import { completeTask } from '../../services/releases/tasks/complete-task.ts';
import { getTask } from '../../services/releases/tasks/get-task.ts';
import { listTasks } from '../../services/releases/tasks/list-tasks.ts';
import { retryTask } from '../../services/releases/tasks/retry-task.ts';
import { skipTask } from '../../services/releases/tasks/skip-task.ts';
import { updateTask } from '../../services/releases/tasks/update-task.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { answer, bearer, idempotencyHeader, idSchema, jsonBody, readProblems, writeProblems } from '../schemas.ts';
import {
  instantInput,
  optionalBody,
  optionalReason,
  reasonSchema,
  refuseOtherBodies,
  releaseParams,
  releasePath,
  taskDetailSchema,
  taskSchema,
} from './release-schemas.ts';

const tasksPath = `${releasePath}/tasks`;
const taskPath = `${tasksPath}/{taskId}`;
const taskParams = releaseParams.extend({ taskId: idSchema });

const taskChangeSchema = z
  .strictObject({
    note: z.string().trim().max(1000).nullable().optional(),
    maxAttempts: z.int().min(1).max(1000).optional().meta({ description: 'Failed attempts after which it is a person’s business' }),
    deadlineAt: instantInput.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .openapi('TaskChange');

const skipSchema = z.strictObject({ reason: reasonSchema }).openapi('SkipTask');
const completeSchema = z
  .strictObject({
    reason: reasonSchema,
    output: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'What the task would have found out', example: { commit: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' } }),
    force: z.boolean().default(false).meta({ description: 'Even if it does not look done' }),
  })
  .openapi('CompleteTask');

const common = { tags: ['Tasks'], security: bearer };
const oneTask = { 200: answer('The task', taskDetailSchema) };

const routes = (deps: ApiDeps) => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: tasksPath,
    operationId: 'listTasks',
    summary: 'All tasks of a release, in the order of their stages',
    request: { params: releaseParams, query: z.object({ stage: z.enum(stageKeys).optional(), status: z.enum(taskStatuses).optional() }) },
    responses: { 200: answer('The tasks', z.object({ items: z.array(taskSchema) }).openapi('TaskList')), ...readProblems },
  }),
  get: createRoute({
    ...common,
    method: 'get',
    path: taskPath,
    operationId: 'getTask',
    summary: 'A task with every attempt, its output and its builds',
    request: { params: taskParams },
    responses: { ...oneTask, ...readProblems },
  }),
  update: createRoute({
    ...common,
    method: 'put',
    path: taskPath,
    operationId: 'updateTask',
    summary: 'Change what a person may change of a task',
    description: 'Note, number of attempts, deadline. Everything else is moved by the engine, or by retry, skip and complete.',
    request: { params: taskParams, ...jsonBody(taskChangeSchema) },
    responses: { ...oneTask, ...writeProblems },
  }),
  retry: createRoute({
    ...common,
    method: 'post',
    path: `${taskPath}/retry`,
    operationId: 'retryTask',
    summary: 'Run a failed or waiting task again',
    middleware: [refuseOtherBodies, idempotent(deps)] as const,
    request: { params: taskParams, headers: idempotencyHeader, ...optionalBody(optionalReason) },
    responses: { ...oneTask, ...writeProblems },
  }),
  skip: createRoute({
    ...common,
    method: 'post',
    path: `${taskPath}/skip`,
    operationId: 'skipTask',
    summary: 'Go on without a task',
    description: 'Skipping the gate (APPROVE_REGRESSION) overrides it: that needs the permission gate:override and is recorded as such.',
    middleware: [idempotent(deps)] as const,
    request: { params: taskParams, headers: idempotencyHeader, ...jsonBody(skipSchema) },
    responses: { ...oneTask, ...writeProblems },
  }),
  complete: createRoute({
    ...common,
    method: 'post',
    path: `${taskPath}/complete`,
    operationId: 'completeTask',
    summary: 'Say that the work of a task was done outside',
    description:
      'Branches, tags, tickets, test runs and store releases are looked up first: what is there becomes the output, what is not is refused with what was found, unless forced.',
    middleware: [idempotent(deps)] as const,
    request: { params: taskParams, headers: idempotencyHeader, ...jsonBody(completeSchema) },
    responses: { ...oneTask, ...writeProblems },
  }),
});

export function registerReleaseTaskRoutes(app: App, deps: ApiDeps): void {
  const { list, get, update, retry, skip, complete } = routes(deps);
  app.openapi(list, async (c) => c.json(await listTasks(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200));
  app.openapi(get, async (c) => {
    const { releaseId, taskId } = c.req.valid('param');
    return c.json(await getTask(deps, c.get('caller'), releaseId, taskId), 200);
  });
  app.openapi(update, async (c) => c.json(await updateTask(deps, c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200));
  app.openapi(retry, async (c) =>
    c.json(await retryTask(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
  app.openapi(skip, async (c) =>
    c.json(await skipTask(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
  app.openapi(complete, async (c) =>
    c.json(await completeTask(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
}
