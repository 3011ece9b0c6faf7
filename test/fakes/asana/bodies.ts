import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import type { AsanaAccount, AsanaHook, AsanaProject, AsanaTask, AsanaWorld } from './world.ts';

/** Bodies as Asana sends them: `data`, the fields that were asked for, and lists in pages. */

type Body = Record<string, unknown>;

const HELP =
  'For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors';

export const refusal = (status: number, message: string): FakeAnswer => ({ status, body: { errors: [{ message, help: HELP }] } });

/** What names something that is not there: another answer for what is no gid at all. */
export function unknownObject(what: string, id: string): FakeAnswer {
  return /^\d+$/.test(id) ? refusal(404, `${what}: Unknown object: ${id}`) : refusal(400, `${what}: Not a recognized ID: ${id}`);
}

export const compact = (resourceType: string, { gid, name }: { gid: string; name: string }): Body => ({
  gid,
  resource_type: resourceType,
  name,
});

export function taskBody(world: AsanaWorld, account: AsanaAccount, task: AsanaTask): Body {
  const { gid, name, completed, subtype, notes } = task;
  const assignee = world.accounts.find((each) => each.gid === task.assignee);
  return {
    ...{ gid, resource_type: 'task', name, completed, notes, resource_subtype: subtype },
    ...(task.approvalStatus !== null && { approval_status: task.approvalStatus }),
    ...(task.external?.app === account.app && { external: { gid: task.external.gid } }),
    assignee: assignee ? compact('user', assignee) : null,
    memberships: task.memberships.map(({ project, section }) => ({
      project: compact('project', project),
      section: compact('section', section),
    })),
    tags: task.tags.map((tag) => compact('tag', tag)),
    permalink_url: `https://app.asana.com/1/${task.workspace}/task/${gid}`,
  };
}

export const projectBody = (world: AsanaWorld, project: AsanaProject): Body => ({
  ...compact('project', project),
  archived: project.archived,
  workspace: world.workspaces.filter(({ gid }) => gid === project.workspace).map((workspace) => compact('workspace', workspace))[0],
});

export const hookBody = (hook: AsanaHook): Body => ({
  gid: hook.gid,
  resource_type: 'webhook',
  active: hook.active,
  resource: compact('project', hook.resource),
  target: hook.target,
  filters: hook.filters,
});

/** One thing, with `opt_fields` of the request; a thing by itself is full where nothing is asked for. */
export const single = (request: FakeRequest, status: number, body: Body): FakeAnswer => ({
  status,
  body: { data: chosen(request, body, Object.keys(body)) },
});

/** A page of a list; its things are compact where nothing is asked for. */
export function pageOf(request: FakeRequest, bodies: Body[]): FakeAnswer {
  const limit = Number(request.query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return refusal(400, 'limit: Must be between 1 and 100');
  const token = request.query.get('offset');
  const start = token === null ? 0 : Number(/^at-(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) return refusal(400, 'offset: Your pagination token is invalid.');
  const data = bodies.slice(start, start + limit).map((body) => chosen(request, body, ['name', 'resource_subtype']));
  const offset = Buffer.from(`at-${start + limit}`).toString('base64url');
  const path = `${request.path}?limit=${limit}&offset=${offset}`;
  const next = start + limit < bodies.length ? { offset, path, uri: `https://app.asana.com${path}` } : null;
  return { status: 200, body: { data, next_page: next } };
}

function chosen(request: FakeRequest, body: Body, otherwise: string[]): Body {
  const wanted = request.query.get('opt_fields')?.split(',') ?? otherwise;
  return pick(body, wanted) as Body;
}

/** `gid` and `resource_type` come with everything that has them. */
function pick(value: unknown, fields: string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => pick(each, fields));
  if (value === null || typeof value !== 'object') return value;
  const names = new Set(fields.map((field) => field.split('.')[0] ?? ''));
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (name === 'gid' || name === 'resource_type') return [[name, inner]];
    if (!names.has(name)) return [];
    const below = fields.flatMap((field) => (field.startsWith(`${name}.`) ? [field.slice(name.length + 1)] : []));
    return [[name, below.length === 0 ? inner : pick(inner, below)]];
  });
  return Object.fromEntries(entries);
}
