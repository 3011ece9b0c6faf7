import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { refusal, single, taskBody, unknownObject } from './bodies.ts';
import { dataOf, findTask } from './find-task.ts';
import type { AsanaAccount, AsanaProject, AsanaWorld } from './world.ts';

const WRITABLE = ['name', 'notes', 'projects', 'resource_subtype', 'external', 'tags', 'assignee', 'parent', 'custom_fields'];
const SUBTYPES = ['default_task', 'milestone', 'approval'];

/** `POST /tasks`: the checks Asana makes. It does not promise that an external id is used once, so this one lets it be used twice. */
export function createTask(world: AsanaWorld, account: AsanaAccount, request: FakeRequest): FakeAnswer {
  const data = dataOf(request);
  const [first, ...others] = strings(data.projects);
  if (first === undefined || others.length > 0) return refusal(400, 'projects: this fake wants exactly one');
  const project = world.projects.find(({ gid, workspace }) => gid === first && account.workspaces.has(workspace));
  if (!project) return unknownObject('projects', first);
  const wrong = complaint(world, account, project, data);
  if (wrong) return wrong;
  const { external } = data as { external?: { gid: string } };
  const task = world.addTask({
    project: project.gid,
    name: String(data.name),
    subtype: String(data.resource_subtype ?? 'default_task'),
    external: external ? { app: account.app, gid: external.gid } : null,
  });
  task.notes = String(data.notes ?? '');
  task.tags = world.tags.filter(({ gid }) => strings(data.tags).includes(gid));
  task.assignee = userOf(world, project, data.assignee)?.gid ?? null;
  task.parent = typeof data.parent === 'string' ? data.parent : null;
  task.customFields = (data.custom_fields ?? {}) as Record<string, string>;
  return single(request, 201, taskBody(world, account, task));
}

function complaint(world: AsanaWorld, account: AsanaAccount, project: AsanaProject, data: Record<string, unknown>): FakeAnswer | null {
  const stranger = Object.keys(data).find((key) => !WRITABLE.includes(key));
  if (stranger !== undefined) return refusal(400, `${stranger}: Cannot write this property`);
  if (typeof data.name !== 'string' || data.name.length > 1024 || data.name.includes('\n')) return refusal(400, 'name: Not a valid name');
  if (data.notes !== undefined && typeof data.notes !== 'string') return refusal(400, 'notes: Value is not a string');
  if (!SUBTYPES.includes(String(data.resource_subtype ?? 'default_task'))) return refusal(400, 'resource_subtype: Not a valid type');
  const external = data.external as { gid?: unknown } | undefined;
  if (external !== undefined && (typeof external.gid !== 'string' || external.gid.length > 1024))
    return refusal(400, 'external: Not valid');
  for (const id of strings(data.tags)) {
    if (!world.tags.some(({ gid, workspace }) => gid === id && workspace === project.workspace)) return unknownObject('tags', id);
  }
  if (data.assignee !== undefined && !userOf(world, project, data.assignee)) return unknownObject('assignee', String(data.assignee));
  if (data.parent !== undefined && !('task' in findTask(world, account, String(data.parent))))
    return unknownObject('parent', String(data.parent));
  for (const [id, value] of Object.entries((data.custom_fields ?? {}) as Record<string, unknown>)) {
    const field = project.fields.find(({ gid }) => gid === id);
    if (!field?.options.some(({ gid, enabled }) => gid === value && enabled)) return refusal(400, `custom_fields: ${id} is not valid here`);
  }
  return null;
}

/** By gid or e-mail address. */
function userOf(world: AsanaWorld, project: AsanaProject, id: unknown): AsanaAccount | undefined {
  return world.accounts.find(({ gid, email, workspaces }) => (gid === id || email === id) && workspaces.has(project.workspace));
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []);
