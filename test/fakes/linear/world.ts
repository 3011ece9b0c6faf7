import { randomUUID } from 'node:crypto';

/** The state of a fake Linear: workspaces with people, teams, labels, issues and webhooks. */

export interface LinearWorkspace {
  id: string;
  name: string;
  urlKey: string;
}

export interface LinearUser {
  id: string;
  workspace: LinearWorkspace;
  name: string;
  /** A personal API key, or the access token of an application; `null` for people who only work there. */
  token: { kind: 'api-key' | 'oauth'; value: string } | null;
  active: boolean;
  admin: boolean;
  isAssignable: boolean;
  /** A key may be limited to reading. */
  mayWrite: boolean;
}

export interface LinearTeam {
  id: string;
  workspace: LinearWorkspace;
  key: string;
  name: string;
  private: boolean;
  members: LinearUser[];
  states: LinearState[];
  nextNumber: number;
}

export interface LinearState {
  id: string;
  name: string;
  type: string;
  position: number;
  team: LinearTeam;
}

export interface LinearLabel {
  id: string;
  workspace: LinearWorkspace;
  name: string;
  isGroup: boolean;
  /** `null`: of the workspace. */
  team: LinearTeam | null;
}

export interface LinearComment {
  id: string;
  body: string;
}

export interface LinearAttachment {
  id: string;
  url: string;
  title: string;
}

export interface LinearIssue {
  id: string;
  identifier: string;
  previousIdentifiers: string[];
  title: string;
  description: string | null;
  team: LinearTeam;
  state: LinearState;
  labels: LinearLabel[];
  assignee: LinearUser | null;
  parent: LinearIssue | null;
  priority: number;
  trashed: boolean;
  archivedAt: string | null;
  comments: LinearComment[];
  attachments: LinearAttachment[];
}

export interface LinearHook {
  id: string;
  workspace: LinearWorkspace;
  url: string;
  secret: string;
  label: string | null;
  enabled: boolean;
  resourceTypes: string[];
  allPublicTeams: boolean;
  team: LinearTeam | null;
}

const DEFAULT_STATES: [name: string, type: string][] = [
  ['Backlog', 'backlog'],
  ['Todo', 'unstarted'],
  ['In Progress', 'started'],
  ['In Review', 'started'],
  ['Done', 'completed'],
  ['Canceled', 'canceled'],
  ['Duplicate', 'duplicate'],
];

export type LinearWorld = ReturnType<typeof createLinearWorld>;

export function createLinearWorld() {
  const users: LinearUser[] = [];
  const teams: LinearTeam[] = [];
  const labels: LinearLabel[] = [];
  const issues: LinearIssue[] = [];
  const hooks: LinearHook[] = [];

  function addWorkspace(name: string): LinearWorkspace {
    return { id: randomUUID(), name, urlKey: name.toLowerCase() };
  }

  function addUser(workspace: LinearWorkspace, input: Partial<Omit<LinearUser, 'id' | 'workspace'>> & { name: string }): LinearUser {
    const defaults = { token: null, active: true, admin: false, isAssignable: true, mayWrite: true };
    const user = { ...defaults, ...input, id: randomUUID(), workspace };
    users.push(user);
    return user;
  }

  function addTeam(
    workspace: LinearWorkspace,
    input: { key: string; name?: string; private?: boolean; members?: LinearUser[] },
  ): LinearTeam {
    const { key, name = key, members = [] } = input;
    const team: LinearTeam = {
      id: randomUUID(),
      workspace,
      key,
      name,
      private: input.private ?? false,
      members,
      states: [],
      nextNumber: 1,
    };
    // Newest first, as a reminder that the order of a list means nothing.
    team.states = DEFAULT_STATES.map(([state, type], position) => ({ id: randomUUID(), name: state, type, position, team })).reverse();
    teams.push(team);
    return team;
  }

  function addLabel(workspace: LinearWorkspace, input: { name: string; team?: LinearTeam; isGroup?: boolean }): LinearLabel {
    const label = { id: randomUUID(), workspace, name: input.name, isGroup: input.isGroup ?? false, team: input.team ?? null };
    labels.push(label);
    return label;
  }

  function addIssue(team: LinearTeam, input: Partial<LinearIssue> & { title: string }): LinearIssue {
    const state = input.state ?? team.states.find(({ type }) => type === 'unstarted');
    if (!state) throw new Error(`team ${team.key} has no state to begin with`);
    const fresh = { previousIdentifiers: [], description: null, labels: [], assignee: null, parent: null, priority: 0 };
    const rest = { trashed: false, archivedAt: null, comments: [], attachments: [] };
    const identifier = `${team.key}-${team.nextNumber++}`;
    const issue: LinearIssue = { id: randomUUID(), identifier, ...fresh, ...rest, ...input, team, state };
    issues.push(issue);
    return issue;
  }

  function addHook(
    workspace: LinearWorkspace,
    input: Partial<LinearHook> & { url: string; secret: string; resourceTypes: string[] },
  ): LinearHook {
    const hook = { label: null, enabled: true, allPublicTeams: true, team: null, ...input, id: input.id ?? randomUUID(), workspace };
    hooks.push(hook);
    return hook;
  }

  const findIssue = (idOrKey: string) =>
    issues.find((issue) => [issue.id, issue.identifier, ...issue.previousIdentifiers].includes(idOrKey));

  function issue(key: string): LinearIssue {
    const found = findIssue(key);
    if (!found) throw new Error(`no issue ${key}`);
    return found;
  }

  return {
    ...{ addWorkspace, addUser, addTeam, addLabel, addIssue, addHook, findIssue, issue },
    ...{ users, teams, labels, issues, hooks },
    /** As a person would. */
    setState(key: string, name: string): void {
      const moved = issue(key);
      const state = moved.team.states.find((each) => each.name === name);
      if (!state) throw new Error(`team ${moved.team.key} has no state ${name}`);
      moved.state = state;
    },
    removeHook(id: string): void {
      const index = hooks.findIndex((hook) => hook.id === id);
      if (index >= 0) hooks.splice(index, 1);
    },
  };
}
