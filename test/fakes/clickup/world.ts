/** The state of a fake ClickUp: people, Workspaces with Spaces, Folders and Lists, tasks, comments and webhooks. */

export interface ClickupUser {
  id: number;
  username: string | null;
  email: string;
  token: string;
}

export interface ClickupTeam {
  id: string;
  name: string;
  /** User id → role: 1 owner, 2 admin, 3 member, 4 guest. */
  members: Map<number, number>;
  taskTypes: { id: number; name: string }[];
  /** Custom ids of tasks begin so; `null` where they are off. */
  prefix: string | null;
}

export interface ClickupSpace {
  id: string;
  team: ClickupTeam;
  name: string;
  /** Who is in it, where it is private. */
  members: Set<number> | null;
  tags: Set<string>;
  /** The Tags ClickApp. */
  hasTags: boolean;
}

export interface ClickupFolder {
  id: string;
  space: ClickupSpace;
  name: string;
}

export interface ClickupStatus {
  status: string;
  type: string;
}

export interface ClickupList {
  id: string;
  space: ClickupSpace;
  folder: ClickupFolder | null;
  name: string;
  statuses: ClickupStatus[];
  /** People let in by name. */
  members: Set<number>;
}

export interface ClickupComment {
  id: number;
  text: string;
  author: ClickupUser | null;
  resolved: boolean;
  date: number;
}

export interface ClickupTask {
  id: string;
  customId: string | null;
  typeId: number;
  list: ClickupList;
  name: string;
  description: string;
  status: string;
  tags: string[];
  assignees: number[];
  parent: string | null;
  priority: number | null;
  comments: ClickupComment[];
  createdAt: number;
  /** Queries know it. */
  isIndexed: boolean;
}

export interface ClickupHook {
  id: string;
  owner: ClickupUser;
  team: ClickupTeam;
  endpoint: string;
  events: string[];
  listId: number | null;
  status: string;
  secret: string;
}

const DEFAULT_STATUSES: ClickupStatus[] = [
  { status: 'to do', type: 'open' },
  { status: 'in progress', type: 'custom' },
  { status: 'complete', type: 'closed' },
];

interface NewTask {
  name: string;
  description?: string;
  tags?: string[];
  status?: string;
  typeId?: number;
}

export type ClickupWorld = ReturnType<typeof createClickupWorld>;

export function createClickupWorld({ now }: { now: () => number }) {
  const users = new Map<number, ClickupUser>();
  const teams = new Map<string, ClickupTeam>();
  const spaces = new Map<string, ClickupSpace>();
  const folders = new Map<string, ClickupFolder>();
  const lists = new Map<string, ClickupList>();
  const tasks = new Map<string, ClickupTask>();
  const hooks = new Map<string, ClickupHook>();
  const index = { isLate: false, emptyPages: 0 };
  let next = 100;
  const newNumber = () => ++next;
  const newId = () => String(90_120_000_000 + newNumber());

  return {
    users,
    teams,
    spaces,
    folders,
    lists,
    tasks,
    hooks,
    index,

    addUser(input: { username: string | null; token?: string }): ClickupUser {
      const id = newNumber();
      const user = { id, username: input.username, email: `user-${id}@example.com`, token: input.token ?? `pk_${id}_TOKEN` };
      users.set(id, user);
      return user;
    },
    addTeam(name: string, members: [user: ClickupUser, role: number][]): ClickupTeam {
      const team = { id: newId(), name, members: new Map(members.map(([user, role]) => [user.id, role])), taskTypes: [], prefix: null };
      teams.set(team.id, team);
      return team;
    },
    addSpace(team: ClickupTeam, name: string, members: ClickupUser[] | null = null): ClickupSpace {
      const space = {
        id: newId(),
        team,
        name,
        members: members && new Set(members.map(({ id }) => id)),
        tags: new Set<string>(),
        hasTags: true,
      };
      spaces.set(space.id, space);
      return space;
    },
    addFolder(space: ClickupSpace, name: string): ClickupFolder {
      const folder = { id: newId(), space, name };
      folders.set(folder.id, folder);
      return folder;
    },
    addList(place: ClickupSpace | ClickupFolder, name: string, statuses = DEFAULT_STATUSES): ClickupList {
      const [space, folder] = 'space' in place ? [place.space, place] : [place, null];
      const list = { id: newId(), space, folder, name, statuses, members: new Set<number>() };
      lists.set(list.id, list);
      return list;
    },
    addTask(list: ClickupList, input: NewTask): ClickupTask {
      const number = newNumber();
      const { prefix } = list.space.team;
      const task: ClickupTask = {
        id: `86${number.toString(36)}x`,
        customId: prefix && `${prefix}-${number}`,
        typeId: input.typeId ?? 0,
        list,
        name: input.name,
        description: input.description ?? '',
        status: input.status ?? list.statuses[0]?.status ?? 'to do',
        tags: list.space.hasTags ? (input.tags ?? []).map((tag) => tag.toLowerCase()) : [],
        assignees: [],
        parent: null,
        priority: null,
        comments: [],
        createdAt: now(),
        isIndexed: !index.isLate,
      };
      for (const tag of task.tags) list.space.tags.add(tag);
      tasks.set(task.id, task);
      return task;
    },
    /** By id or custom id. */
    task(key: string): ClickupTask {
      const task = tasks.get(key) ?? [...tasks.values()].find(({ customId }) => customId === key);
      if (!task) throw new Error(`no task ${key}`);
      return task;
    },
    addComment(task: ClickupTask, text: string, author: ClickupUser | null = null): ClickupComment {
      // Two comments of one millisecond are told apart by id.
      const comment = { id: newNumber(), text, author, resolved: false, date: now() };
      task.comments.push(comment);
      return comment;
    },
    addHook(hook: Omit<ClickupHook, 'id' | 'secret' | 'status' | 'listId'> & Partial<ClickupHook>): ClickupHook {
      const number = newNumber();
      const id = `4b67ac88-e506-4a29-9d42-${String(number).padStart(12, '0')}`;
      const made = { id, secret: `MADE0BY0CLICKUP0${number}`.padEnd(64, '0'), status: 'active', listId: null, ...hook };
      hooks.set(id, made);
      return made;
    },
    userOf: (token: string) => [...users.values()].find((user) => user.token === token),
    /** Queries know everything. */
    catchUp() {
      index.isLate = false;
      for (const task of tasks.values()) task.isIndexed = true;
    },
  };
}
