import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { pageOf, refusal, single, taskBody, unknownObject } from './bodies.ts';
import { createTask } from './create-task.ts';
import { dataOf, findTask } from './find-task.ts';
import type { Route } from './site.ts';
import type { AsanaAccount, AsanaTask, AsanaWorld } from './world.ts';

export function taskRoutes(world: AsanaWorld, route: Route): void {
  const withTask = (handler: (task: AsanaTask, account: AsanaAccount, request: FakeRequest) => FakeAnswer) => {
    return (account: AsanaAccount, request: FakeRequest) => {
      const found = findTask(world, account, request.params.task ?? '');
      return 'task' in found ? handler(found.task, account, request) : found.refused;
    };
  };

  route('POST', '/tasks', (account, request) => createTask(world, account, request));
  route(
    'GET',
    '/tasks/:task',
    withTask((task, account, request) => single(request, 200, taskBody(world, account, task))),
  );
  route(
    'PUT',
    '/tasks/:task',
    withTask((task, account, request) => updateTask(world, task, account, request)),
  );
  route('POST', '/sections/:section/addTask', (account, request) => moveTask(world, account, request));
  route(
    'GET',
    '/tasks/:task/stories',
    withTask((task, _account, request) =>
      pageOf(
        request,
        task.stories.map(({ gid, subtype, text }) => ({ gid, resource_type: 'story', resource_subtype: subtype, text })),
      ),
    ),
  );
  route(
    'POST',
    '/tasks/:task/stories',
    withTask((task, _account, request) => addStory(world, task, request)),
  );
  route('GET', '/tags/:tag/tasks', (account, request) => {
    const tag = world.tags.find(({ gid, workspace }) => gid === request.params.tag && account.workspaces.has(workspace));
    if (!tag) return unknownObject('tag', request.params.tag ?? '');
    return pageOf(
      request,
      world.tasks.filter((task) => task.tags.some(({ gid }) => gid === tag.gid)).map((task) => taskBody(world, account, task)),
    );
  });
}

function updateTask(world: AsanaWorld, task: AsanaTask, account: AsanaAccount, request: FakeRequest): FakeAnswer {
  const { completed, ...others } = dataOf(request);
  const [other] = Object.keys(others);
  if (other !== undefined) return refusal(400, `${other}: Cannot write this property`);
  if (typeof completed !== 'boolean') return refusal(400, 'completed: Value is not a boolean');
  task.completed = completed;
  if (task.approvalStatus !== null) task.approvalStatus = completed ? 'approved' : 'pending';
  return single(request, 200, taskBody(world, account, task));
}

/** Within its project a task is in one section; in a project that it is not in yet, it is put there. */
function moveTask(world: AsanaWorld, account: AsanaAccount, request: FakeRequest): FakeAnswer {
  const id = request.params.section ?? '';
  const project = world.projects.find(
    ({ sections, workspace }) => account.workspaces.has(workspace) && sections.some(({ gid }) => gid === id),
  );
  const section = project?.sections.find(({ gid }) => gid === id);
  if (!project || !section) return unknownObject('section', id);
  const found = findTask(world, account, String(dataOf(request).task));
  if ('refused' in found) return found.refused;
  const membership = found.task.memberships.find((each) => each.project === project);
  if (membership) membership.section = section;
  else found.task.memberships.push({ project, section });
  return { status: 200, body: { data: {} } };
}

function addStory(world: AsanaWorld, task: AsanaTask, request: FakeRequest): FakeAnswer {
  const { text } = dataOf(request);
  if (typeof text !== 'string' || text.trim() === '') return refusal(400, 'text: Missing input');
  const story = { gid: world.newId(), subtype: 'comment_added', text };
  task.stories.push(story);
  return single(request, 201, { gid: story.gid, resource_type: 'story', resource_subtype: story.subtype, text });
}
