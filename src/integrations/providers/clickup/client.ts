import { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { describeError, kindOfAnswer } from './errors.ts';
import { type ClickupConnection, PROVIDER } from './identity.ts';
import { eachComment, eachTask } from './pages.ts';
import {
  comments,
  createdWebhook,
  folders,
  list,
  listMembers,
  lists,
  me,
  spaces,
  spaceTags,
  task,
  taskPage,
  taskTypes,
  teams,
  webhooks,
} from './schema.ts';

/** A task by its id, or by its custom id and the Workspace that this belongs to. */
export interface TaskAddress {
  id: string;
  query: { custom_task_ids?: true; team_id?: string };
}

export type ClickupClient = ReturnType<typeof clickupClient>;

const OPEN_ONLY = { archived: false };
const anything = z.unknown();

/** Every URL of ClickUp we call; one instance per connection and attempt. */
export function clickupClient(connection: ClickupConnection, deps: AdapterDeps) {
  const http = transports(connection, deps);
  return { ...placeCalls(http), ...taskCalls(http.objects), ...webhookCalls(http) };
}

interface Transports {
  /** What is addressed by an id of its own. */
  objects: JsonHttp;
  /** What is addressed by the Workspace. */
  workspaces: JsonHttp;
}

const part = encodeURIComponent;

/** People, Workspaces, Spaces, Folders and Lists. */
function placeCalls({ objects, workspaces }: Transports) {
  return {
    me: () => workspaces.request({ operation: 'who am I', method: 'GET', path: '/user', schema: me }),
    teams: () => workspaces.request({ operation: 'read Workspaces', method: 'GET', path: '/team', schema: teams }),
    spaces: (teamId: string) =>
      workspaces.request({
        operation: 'read Spaces',
        method: 'GET',
        path: `/team/${part(teamId)}/space`,
        query: OPEN_ONLY,
        schema: spaces,
      }),
    taskTypes: (teamId: string) =>
      workspaces.request({ operation: 'read task types', method: 'GET', path: `/team/${part(teamId)}/custom_item`, schema: taskTypes }),

    folders: (spaceId: string) =>
      objects.request({
        operation: 'read Folders',
        method: 'GET',
        path: `/space/${part(spaceId)}/folder`,
        query: OPEN_ONLY,
        schema: folders,
      }),
    listsOfSpace: (spaceId: string) =>
      objects.request({ operation: 'read Lists', method: 'GET', path: `/space/${part(spaceId)}/list`, query: OPEN_ONLY, schema: lists }),
    listsOfFolder: (id: string) =>
      objects.request({ operation: 'read Lists', method: 'GET', path: `/folder/${part(id)}/list`, query: OPEN_ONLY, schema: lists }),
    list: (id: string) => objects.request({ operation: `read project ${id}`, method: 'GET', path: `/list/${part(id)}`, schema: list }),
    listMembers: (id: string) =>
      objects.request({ operation: `read members of project ${id}`, method: 'GET', path: `/list/${part(id)}/member`, schema: listMembers }),

    tags: (spaceId: string) =>
      objects.request({ operation: 'read tags', method: 'GET', path: `/space/${part(spaceId)}/tag`, schema: spaceTags }),
    createTag: (spaceId: string, name: string) =>
      objects.request({
        operation: `create tag ${name}`,
        method: 'POST',
        path: `/space/${part(spaceId)}/tag`,
        body: { tag: { name, tag_fg: '#ffffff', tag_bg: '#536cfe' } },
        schema: anything,
      }),
  };
}

/** Tasks and their comments. */
function taskCalls(objects: JsonHttp) {
  const taskPath = ({ id }: TaskAddress) => `/task/${part(id)}`;

  return {
    /** Tasks of a List that carry the tag, subtasks and closed ones too, to the last page. */
    tasksTagged: (listId: string, tag: string) =>
      eachTask((page) =>
        objects.request({
          operation: `search project ${listId}`,
          method: 'GET',
          path: `/list/${part(listId)}/task`,
          query: { 'tags[]': tag, include_closed: true, subtasks: true, include_timl: true, page },
          schema: taskPage,
        }),
      ),
    createTask: (listId: string, body: Record<string, unknown>) =>
      objects.request({ operation: 'create task', method: 'POST', path: `/list/${part(listId)}/task`, body, schema: task }),
    task: (address: TaskAddress) =>
      objects.find({ operation: `read task ${address.id}`, method: 'GET', path: taskPath(address), query: address.query, schema: task }),
    setStatus: (id: string, status: string) =>
      objects.request({ operation: `move task ${id}`, method: 'PUT', path: `/task/${part(id)}`, body: { status }, schema: task }),

    /** Newest first, to the last page. */
    comments: (address: TaskAddress) =>
      eachComment((after) =>
        objects.request({
          operation: `read comments of ${address.id}`,
          method: 'GET',
          path: `${taskPath(address)}/comment`,
          query: { ...address.query, ...(after && { start: after.date, start_id: after.id }) },
          schema: comments,
        }),
      ),
    addComment: (address: TaskAddress, comment_text: string) =>
      objects.request({
        operation: `comment on ${address.id}`,
        method: 'POST',
        path: `${taskPath(address)}/comment`,
        query: address.query,
        body: { comment_text, notify_all: false },
        schema: anything,
      }),
    editComment: (id: string, body: { comment_text: string; resolved: boolean; assignee?: number }) =>
      objects.request({ operation: 'edit comment', method: 'PUT', path: `/comment/${part(id)}`, body, schema: anything }),
  };
}

function webhookCalls({ objects, workspaces }: Transports) {
  return {
    /** Those that the owner of the token has made; ClickUp gives all at once. */
    webhooks: (teamId: string) =>
      workspaces.request({ operation: 'read webhooks', method: 'GET', path: `/team/${part(teamId)}/webhook`, schema: webhooks }),
    createWebhook: (teamId: string, body: { endpoint: string; events: readonly string[] }) =>
      workspaces.request({
        operation: 'create webhook',
        method: 'POST',
        path: `/team/${part(teamId)}/webhook`,
        body,
        schema: createdWebhook,
      }),
    removeWebhook: (id: string) =>
      objects.find({ operation: 'remove webhook', method: 'DELETE', path: `/webhook/${part(id)}`, schema: anything }),
  };
}

function transports({ baseUrl, credentials: { token } }: ClickupConnection, deps: AdapterDeps): Transports {
  // Personal tokens go bare; a Bearer before one is refused.
  const authorization = token.reveal().startsWith('pk_') ? token.reveal() : `Bearer ${token.reveal()}`;
  const shared = {
    provider: PROVIDER,
    baseUrl,
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({ authorization }),
    describeError,
    secrets: [token],
  };
  return {
    objects: jsonHttp({ ...shared, kindOf: kindOfAnswer('not-found') }),
    workspaces: jsonHttp({ ...shared, kindOf: kindOfAnswer('forbidden') }),
  };
}
