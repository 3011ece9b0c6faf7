import { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { asanaTrouble, describeError, kindOfRefusal } from './asana-error.ts';
import { authorise } from './auth.ts';
import { type AsanaConnection, PROVIDER } from './identity.ts';
import { attachment, createdHook, fieldSetting, hook, me, named, one, page, project, story, task } from './schema.ts';

const TASK_FIELDS = 'name,completed,approval_status,permalink_url,external,memberships.project,memberships.section.name';
/** The largest there is. */
const PAGE_SIZE = 100;

export type AsanaClient = ReturnType<typeof asanaClient>;

/** Every URL of Asana we call; one instance per connection and attempt. */
export function asanaClient(connection: AsanaConnection, deps: AdapterDeps) {
  const { fetch, secrets } = authorise(connection, deps);
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl: connection.baseUrl,
    fetch,
    now: deps.now,
    headers: () => ({}),
    describeError,
    kindOf: kindOfRefusal,
    secrets,
  });
  return { ...taskCalls(http), ...remarkCalls(http), ...projectCalls(http), ...workspaceCalls(http), ...hookCalls(http) };
}

function taskCalls(http: JsonHttp) {
  const query = { opt_fields: TASK_FIELDS };
  const answer = one(task);
  return {
    /** `id`: a gid, or `external:` and the id an app has given. */
    task: async (id: string) =>
      (await http.find({ operation: `read task ${id}`, method: 'GET', path: `/tasks/${segment(id)}`, query, schema: answer }))?.data ??
      null,

    createTask: async (data: Record<string, unknown>) =>
      (await http.request({ operation: 'create task', method: 'POST', path: '/tasks', query, body: { data }, schema: answer })).data,

    completeTask: async (id: string, completed: boolean) => {
      const operation = `${completed ? 'complete' : 'reopen'} task ${id}`;
      const body = { data: { completed } };
      return (await http.request({ operation, method: 'PUT', path: `/tasks/${segment(id)}`, query, body, schema: answer })).data;
    },

    moveToSection: (sectionId: string, taskId: string) =>
      http.request({
        operation: `move task ${taskId}`,
        method: 'POST',
        path: `/sections/${segment(sectionId)}/addTask`,
        body: { data: { task: taskId } },
        schema: z.unknown(),
      }),

    tasksWithTag: (tagId: string) => eachItem(http, 'list the tasks of a tag', `/tags/${segment(tagId)}/tasks`, query, task),
  };
}

function remarkCalls(http: JsonHttp) {
  return {
    stories: (taskId: string) =>
      eachItem(http, `read the comments of ${taskId}`, `/tasks/${segment(taskId)}/stories`, { opt_fields: 'text,resource_subtype' }, story),

    addComment: (taskId: string, text: string) =>
      http.request({
        operation: `comment on ${taskId}`,
        method: 'POST',
        path: `/tasks/${segment(taskId)}/stories`,
        body: { data: { text } },
        schema: z.unknown(),
      }),

    attachments: (taskId: string) =>
      eachItem(
        http,
        `read the attachments of ${taskId}`,
        '/attachments',
        { parent: taskId, opt_fields: 'name,view_url,resource_subtype' },
        attachment,
      ),

    attachLink: (taskId: string, link: { url: string; name: string }) =>
      http.request({
        operation: `attach a link to ${taskId}`,
        method: 'POST',
        path: '/attachments',
        // This one call takes no JSON.
        multipart: { parent: taskId, resource_subtype: 'external', url: link.url, name: link.name },
        schema: z.unknown(),
      }),

    removeAttachment: (id: string) =>
      http.find({ operation: 'remove a link', method: 'DELETE', path: `/attachments/${segment(id)}`, schema: z.unknown() }),
  };
}

function projectCalls(http: JsonHttp) {
  /** @throws ProviderError not-found */
  async function readProject(id: string) {
    const query = { opt_fields: 'name,workspace' };
    const found = await http.find({
      operation: `read project ${id}`,
      method: 'GET',
      path: `/projects/${segment(id)}`,
      query,
      schema: one(project),
    });
    if (found === null) throw asanaTrouble('not-found', `project ${id} does not exist or is not visible to the account`);
    return found.data;
  }

  return {
    project: readProject,

    sections: (projectId: string) =>
      eachItem(
        http,
        `list the sections of project ${projectId}`,
        `/projects/${segment(projectId)}/sections`,
        { opt_fields: 'name' },
        named,
      ),

    customFields: (projectId: string) =>
      eachItem(
        http,
        `list the custom fields of project ${projectId}`,
        `/projects/${segment(projectId)}/custom_field_settings`,
        { opt_fields: 'custom_field.name,custom_field.enum_options.name,custom_field.enum_options.enabled' },
        fieldSetting,
      ),
  };
}

function workspaceCalls(http: JsonHttp) {
  return {
    me: async () => {
      const query = { opt_fields: 'name,email,workspaces.name' };
      return (await http.request({ operation: 'who am I', method: 'GET', path: '/users/me', query, schema: one(me) })).data;
    },

    workspaces: () => eachItem(http, 'list workspaces', '/workspaces', { opt_fields: 'name' }, named),

    projects: (workspaceId: string) =>
      eachItem(http, 'list projects', `/workspaces/${segment(workspaceId)}/projects`, { archived: false, opt_fields: 'name' }, named),

    users: (workspaceId: string) => eachItem(http, 'list users', '/users', { workspace: workspaceId, opt_fields: 'name' }, named),

    tags: (workspaceId: string) => eachItem(http, 'list tags', `/workspaces/${segment(workspaceId)}/tags`, { opt_fields: 'name' }, named),

    createTag: async (workspaceId: string, name: string) => {
      const path = `/workspaces/${segment(workspaceId)}/tags`;
      const body = { data: { name } };
      return (await http.request({ operation: `create tag "${name}"`, method: 'POST', path, body, schema: one(named) })).data;
    },
  };
}

function hookCalls(http: JsonHttp) {
  return {
    hooks: (workspaceId: string) => eachItem(http, 'list webhooks', '/webhooks', { workspace: workspaceId, opt_fields: 'target' }, hook),

    createHook: (data: { resource: string; target: string; filters: readonly unknown[] }) =>
      http.request({ operation: 'create webhook', method: 'POST', path: '/webhooks', body: { data }, schema: createdHook }),

    removeHook: (id: string) =>
      http.find({ operation: 'remove webhook', method: 'DELETE', path: `/webhooks/${segment(id)}`, schema: z.unknown() }),
  };
}

/** The items of a list, to its last page. */
async function* eachItem<T extends z.ZodType>(
  http: JsonHttp,
  operation: string,
  path: string,
  query: Record<string, string | boolean>,
  item: T,
): AsyncGenerator<z.output<T>> {
  let offset: string | undefined;
  for (;;) {
    const answer = await http.request({
      operation,
      method: 'GET',
      path,
      query: { ...query, limit: PAGE_SIZE, offset },
      schema: page(item),
    });
    yield* answer.data;
    const next = answer.next_page?.offset;
    if (next === undefined) return;
    if (next === offset) throw asanaTrouble('malformed', `${operation} gives the same page again and again`);
    offset = next;
  }
}

const segment = encodeURIComponent;
