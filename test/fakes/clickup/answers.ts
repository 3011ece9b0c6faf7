import type { FakeAnswer } from '../fake-server.ts';
import type {
  ClickupComment,
  ClickupHook,
  ClickupList,
  ClickupSpace,
  ClickupTask,
  ClickupTeam,
  ClickupUser,
  ClickupWorld,
} from './world.ts';

/** Bodies as ClickUp sends them. */

export const ok = (body: unknown): FakeAnswer => ({ status: 200, body });
export const refusal = (status: number, err: string, ECODE: string): FakeAnswer => ({ status, body: { err, ECODE } });

export const tokenInvalid = () => refusal(401, 'Token invalid', 'OAUTH_025');
/** Also for what does not exist. */
export const teamNotAuthorized = () => refusal(401, 'Team not authorized', 'OAUTH_027');
export const taskNotFound = () => refusal(404, 'Task not found, deleted', 'ITEM_013');
export const listNotFound = () => refusal(404, 'List not found', 'CAT_019');

const PRIORITIES = ['urgent', 'high', 'normal', 'low'];
const COLOUR = '#536cfe';

export function userBody({ id, username, email }: ClickupUser) {
  return { id, username, email, color: COLOUR, profilePicture: 'https://attachments.example.com/p.jpg', initials: 'RB' };
}

export function teamBody(world: ClickupWorld, team: ClickupTeam) {
  const members = [...team.members].flatMap(([id, role]) => {
    const user = world.users.get(id);
    return user ? [{ user: { ...userBody(user), role } }] : [];
  });
  return { id: team.id, name: team.name, color: COLOUR, avatar: 'https://attachments.example.com/a.jpg', members };
}

export function spaceBody(world: ClickupWorld, space: ClickupSpace) {
  const members = [...(space.members ?? [])].flatMap((id) => {
    const user = world.users.get(id);
    return user ? [{ user: userBody(user) }] : [];
  });
  const isEnabled = { enabled: true };
  return {
    id: space.id,
    name: space.name,
    private: space.members !== null,
    archived: false,
    ...(space.members && { members }),
    statuses: [],
    multiple_assignees: true,
    features: {
      due_dates: { enabled: true, start_date: false, remap_due_dates: false, remap_closed_due_date: false },
      time_tracking: isEnabled,
      tags: { enabled: space.hasTags },
      time_estimates: isEnabled,
      checklists: isEnabled,
    },
  };
}

const nowhere = { id: '0', name: 'hidden', hidden: true, access: true };
const folderOf = ({ folder }: ClickupList) => (folder ? { id: folder.id, name: folder.name, hidden: false, access: true } : nowhere);

export function listBody(list: ClickupList) {
  return {
    id: list.id,
    name: list.name,
    orderindex: 0,
    content: '',
    status: null,
    priority: null,
    assignee: null,
    task_count: '0',
    due_date: null,
    start_date: null,
    folder: folderOf(list),
    space: { id: list.space.id, name: list.space.name, access: true },
    archived: false,
    override_statuses: true,
    permission_level: 'create',
  };
}

/** One List by its id tells its statuses too. */
export function wholeListBody(list: ClickupList) {
  const { status: _status, priority: _priority, due_date: _due, ...rest } = listBody(list);
  return { ...rest, statuses: list.statuses.map((_, index) => statusBody(list, index)) };
}

function statusBody(list: ClickupList, index: number) {
  const { status = 'to do', type = 'open' } = list.statuses[index] ?? {};
  return { id: `p${list.id}_${index}`, status, orderindex: index, color: COLOUR, type };
}

export function taskBody(task: ClickupTask, status = task.status) {
  const { list, createdAt } = task;
  const priority = task.priority && {
    id: String(task.priority),
    priority: PRIORITIES[task.priority - 1],
    color: COLOUR,
    orderindex: String(task.priority),
  };
  return {
    id: task.id,
    custom_id: task.customId,
    custom_item_id: task.typeId,
    name: task.name,
    text_content: task.description,
    description: task.description,
    status: statusBody(
      list,
      list.statuses.findIndex((each) => each.status === status),
    ),
    orderindex: '1.00000000000000000000000000000000',
    date_created: String(createdAt),
    date_updated: String(createdAt),
    date_closed: null,
    date_done: null,
    archived: false,
    assignees: task.assignees.map((id) => ({ id })),
    group_assignees: [],
    watchers: [],
    checklists: [],
    tags: task.tags.map((name) => ({ name, tag_fg: '#ffffff', tag_bg: COLOUR, creator: 183 })),
    parent: task.parent,
    priority: priority,
    due_date: null,
    start_date: null,
    points: null,
    custom_fields: [],
    dependencies: [],
    linked_tasks: [],
    team_id: list.space.team.id,
    url: `https://app.clickup.com/t/${task.id}`,
    permission_level: 'create',
    list: { id: list.id, name: list.name, access: true },
    project: folderOf(list),
    folder: folderOf(list),
    space: { id: list.space.id },
  };
}

export function commentBody({ id, text, author, resolved, date }: ClickupComment) {
  const user = author ?? { id: 7, username: 'Somebody', email: 'somebody@example.com', token: '' };
  // ClickUp ends every text with a line break.
  const comment_text = `${text}\n`;
  const body = { id: String(id), comment: [{ text: comment_text }], comment_text, user: userBody(user), resolved, reactions: [] };
  return { ...body, assignee: null, assigned_by: null, date: String(date), reply_count: '0' };
}

export function hookBody({ id, owner, team, endpoint, events, listId, status, secret }: ClickupHook) {
  const place = { task_id: null, list_id: listId === null ? null : String(listId), folder_id: null, space_id: null };
  const health = { status, fail_count: status === 'active' ? 0 : 100 };
  return {
    id,
    userid: owner.id,
    team_id: Number(team.id),
    endpoint,
    client_id: 'QVOQP06ZXC6CMGVFKB0ZT7J9Y7APOYGO',
    events,
    ...place,
    health,
    secret,
  };
}
