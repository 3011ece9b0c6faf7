import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { commentBody, ok, refusal, taskBody, taskNotFound, teamNotAuthorized } from './answers.ts';
import { type Add, type Handler, isList, listOf, spaceOf, teamOf } from './hierarchy-routes.ts';
import type { ClickupList, ClickupTask, ClickupUser, ClickupWorld } from './world.ts';

/** Tasks and their comments, with ClickUp's own ways to refuse. */

export interface PageSizes {
  tasks: number;
  comments: number;
}

export function addTaskRoutes(add: Add, world: ClickupWorld, pageSizes: PageSizes): void {
  const withTask = (use: (task: ClickupTask, user: ClickupUser, request: FakeRequest) => FakeAnswer): Handler => {
    return (user, request) => {
      const task = taskOf(world, user, request);
      return 'id' in task ? use(task, user, request) : task;
    };
  };

  add('GET', '/list/:list/task', (user, request) => {
    const list = listOf(world, user, request.params.list);
    return isList(list) ? searchTasks(world, list, request, pageSizes.tasks) : list;
  });
  add('POST', '/list/:list/task', (user, request) => {
    const list = listOf(world, user, request.params.list);
    return isList(list) ? createTask(world, list, request) : list;
  });
  add(
    'GET',
    '/task/:task',
    withTask((task) => ok(taskBody(task))),
  );
  add(
    'PUT',
    '/task/:task',
    withTask((task, _user, { body }) => {
      const wanted = (body as { status?: string } | undefined)?.status;
      const status = task.list.statuses.find((each) => each.status.toLowerCase() === wanted?.toLowerCase());
      if (!status) return refusal(400, 'Status not found', 'ITEM_114');
      // The answer shows the task as it was.
      const before = task.status;
      task.status = status.status;
      return ok(taskBody(task, before));
    }),
  );
  add(
    'GET',
    '/task/:task/comment',
    withTask((task, _user, { query }) => {
      const newestFirst = [...task.comments].reverse();
      const from = query.has('start') ? newestFirst.findIndex(({ id }) => String(id) === query.get('start_id')) + 1 : 0;
      return ok({ comments: newestFirst.slice(from, from + pageSizes.comments).map(commentBody) });
    }),
  );
  add(
    'POST',
    '/task/:task/comment',
    withTask((task, user, { body }) => {
      const text = (body as { comment_text?: string } | undefined)?.comment_text;
      if (!text) return refusal(400, 'Comment text invalid', 'COMM_001');
      const comment = world.addComment(task, text, user);
      return ok({ id: String(comment.id), hist_id: '26508', date: comment.date });
    }),
  );
  add('PUT', '/comment/:comment', (user, request) => editComment(world, user, request));
}

/** By id, or by custom id where the query says so. */
function taskOf(world: ClickupWorld, user: ClickupUser, { params, query }: FakeRequest): ClickupTask | FakeAnswer {
  const key = params.task ?? '';
  const isCustom = query.get('custom_task_ids') === 'true';
  const team = isCustom ? teamOf(world, user, query.get('team_id') ?? '') : null;
  if (isCustom && !team) return teamNotAuthorized();
  const found = [...world.tasks.values()].find((task) => (team ? task.customId === key && task.list.space.team === team : task.id === key));
  if (!found) return isCustom ? taskNotFound() : teamNotAuthorized();
  return spaceOf(world, user, found.list.space.id) ? found : teamNotAuthorized();
}

function searchTasks(world: ClickupWorld, list: ClickupList, { query }: FakeRequest, size: number): FakeAnswer {
  const tags = query.getAll('tags[]');
  const found = [...world.tasks.values()].filter(
    (task) =>
      task.list === list &&
      task.isIndexed &&
      (query.get('subtasks') === 'true' || task.parent === null) &&
      (query.get('include_closed') === 'true' || list.statuses.find(({ status }) => status === task.status)?.type !== 'closed') &&
      (tags.length === 0 || tags.some((tag) => task.tags.includes(tag))),
  );
  const from = (Number(query.get('page') ?? 0) - world.index.emptyPages) * size;
  const newestFirst = found.reverse();
  const tasks = from < 0 ? [] : newestFirst.slice(from, from + size);
  return ok({ tasks: tasks.map((task) => taskBody(task)), last_page: from >= 0 && from + size >= found.length });
}

interface TaskFields {
  name?: string;
  description?: string;
  tags?: string[];
  custom_item_id?: number;
  assignees?: unknown[];
  parent?: string;
  priority?: number;
}

function createTask(world: ClickupWorld, list: ClickupList, request: FakeRequest): FakeAnswer {
  const fields = (request.body ?? {}) as TaskFields;
  const complaint = complaintAbout(world, list, fields);
  if (complaint) return complaint;
  const task = world.addTask(list, {
    name: fields.name ?? '',
    description: fields.description ?? '',
    typeId: fields.custom_item_id ?? 0,
    // Tags that the Space does not have are lost without a word.
    tags: (fields.tags ?? []).filter((tag) => list.space.tags.has(tag.toLowerCase())),
  });
  task.assignees = (fields.assignees ?? []) as number[];
  task.parent = fields.parent ?? null;
  task.priority = fields.priority ?? null;
  return ok(taskBody(task));
}

function complaintAbout(world: ClickupWorld, list: ClickupList, fields: TaskFields): FakeAnswer | null {
  const { team } = list.space;
  if (typeof fields.name !== 'string' || fields.name.trim() === '') return refusal(400, 'Task name invalid', 'INPUT_005');
  const type = fields.custom_item_id ?? 0;
  if (type > 1 && team.taskTypes.every(({ id }) => id !== type)) return refusal(400, 'Custom item not found', 'CUSTOMITEM_001');
  const strangers = (fields.assignees ?? []).filter((id) => typeof id !== 'number' || !(team.members.has(id) || list.members.has(id)));
  if (strangers.length > 0) return refusal(400, 'Assignee invalid', 'ITEM_081');
  const { parent, priority } = fields;
  if (parent !== undefined && world.tasks.get(parent)?.list !== list) return refusal(400, 'Parent not child of list', 'ITEM_137');
  if (priority !== undefined && ![1, 2, 3, 4].includes(priority)) return refusal(400, 'Priority invalid', 'INPUT_006');
  return null;
}

function editComment(world: ClickupWorld, user: ClickupUser, { params, body }: FakeRequest): FakeAnswer {
  const comment = [...world.tasks.values()].flatMap(({ comments }) => comments).find(({ id }) => String(id) === params.comment);
  const text = (body as { comment_text?: string } | undefined)?.comment_text;
  if (!comment) return refusal(404, 'Comment not found', 'COMM_002');
  if (comment.author?.id !== user.id) return refusal(401, 'You do not have access to this comment', 'ACCESS_083');
  if (!text) return refusal(400, 'Comment text invalid', 'COMM_001');
  comment.text = text;
  return ok({});
}
