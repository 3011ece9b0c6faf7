/** The state of a fake Jira site: accounts, projects with workflows, issues, and a search index that may lag behind. */

type Category = 'new' | 'indeterminate' | 'done' | 'undefined';

export interface JiraAccount {
  /** Absent for Data Center accounts, which present a bearer token. */
  email: string | null;
  token: string;
  accountId: string;
  displayName: string;
  active: boolean;
}

export interface JiraProject {
  id: string;
  key: string;
  name: string;
  issueTypes: string[];
  statuses: { id: string; name: string; category: Category }[];
  /** `from: '*'` leads from every status. */
  transitions: { id: string; name: string; from: string[] | '*'; to: string }[];
  /** Account id → permissions; nobody else sees the project. */
  members: Map<string, Set<string>>;
  versions: { id: string; name: string }[];
  nextNumber: number;
}

export interface JiraComment {
  id: string;
  author: JiraAccount | null;
  /** Text (v2) or a document (v3), as it was sent. */
  body: unknown;
  createdAt: number;
}

export interface JiraRemoteLink {
  id: number;
  globalId?: string;
  application?: unknown;
  relationship?: string;
  object: { url: string; title: string; [more: string]: unknown };
}

export interface JiraIssue {
  id: string;
  key: string;
  project: JiraProject;
  type: string;
  summary: string;
  description: unknown;
  labels: string[];
  status: string;
  parent: string | null;
  assignee: string | null;
  priority: string | null;
  /** Ids. */
  fixVersions: string[];
  comments: JiraComment[];
  links: JiraRemoteLink[];
  createdAt: number;
  /** From when on searches know it. */
  indexedAt: number;
}

const DEFAULT_STATUSES: [string, Category][] = [
  ['To Do', 'new'],
  ['In Progress', 'indeterminate'],
  ['In Review', 'indeterminate'],
  ['Done', 'done'],
];
const MEMBER_PERMISSIONS = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'TRANSITION_ISSUES',
  'ASSIGN_ISSUES',
  'ASSIGNABLE_USER',
  'ADD_COMMENTS',
  'LINK_ISSUES',
];
export const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'];

interface NewProject {
  key: string;
  name?: string;
  members: JiraAccount[];
  issueTypes?: string[];
  statuses?: [name: string, category: Category][];
  /** Absent: from everywhere to everywhere. */
  transitions?: { name: string; from: string[] | '*'; to: string }[];
}

interface NewJiraTicket {
  project: string;
  title: string;
  type?: string;
  labels?: string[];
  status?: string;
  description?: unknown;
  /** Name; made when the project has none of that name. */
  fixVersion?: string;
}

export type JiraWorld = ReturnType<typeof createJiraWorld>;

export function createJiraWorld(options: { now: () => number; searchLagMs: number }) {
  const accounts = new Map<string, JiraAccount>();
  const projects = new Map<string, JiraProject>();
  const issues = new Map<string, JiraIssue>();
  let { searchLagMs } = options;
  let emptySearchPages = 0;
  let nextId = 10_000;
  const newId = () => String(nextId++);

  function addAccount(input: { email?: string; token: string; displayName?: string }): JiraAccount {
    // Data Center has user names.
    const accountId = input.email === undefined ? `user-${newId()}` : `712020:${newId()}`;
    const displayName = input.displayName ?? input.email ?? 'Release Bot';
    const account = { email: input.email ?? null, token: input.token, accountId, displayName, active: true };
    accounts.set(accountId, account);
    return account;
  }

  function addProject(input: NewProject): JiraProject {
    const statuses = (input.statuses ?? DEFAULT_STATUSES).map(([name, category]) => ({ id: newId(), name, category }));
    const ways = input.transitions ?? statuses.map(({ name }) => ({ name, from: '*' as const, to: name }));
    const project: JiraProject = {
      id: newId(),
      key: input.key,
      name: input.name ?? input.key,
      issueTypes: input.issueTypes ?? ['Task', 'Story', 'Bug', 'Epic'],
      statuses,
      transitions: ways.map((way, index) => ({ id: String(11 + index * 10), ...way })),
      members: new Map(input.members.map((account) => [account.accountId, new Set(MEMBER_PERMISSIONS)])),
      versions: [],
      nextNumber: 1,
    };
    projects.set(project.key, project);
    return project;
  }

  function addTicket(input: NewJiraTicket): JiraIssue {
    const project = projects.get(input.project);
    if (!project) throw new Error(`no project ${input.project}`);
    const now = options.now();
    const issue: JiraIssue = {
      id: newId(),
      key: `${project.key}-${project.nextNumber++}`,
      project,
      type: input.type ?? project.issueTypes[0] ?? 'Task',
      summary: input.title,
      description: input.description ?? null,
      labels: input.labels ?? [],
      status: input.status ?? project.statuses[0]?.name ?? 'Open',
      parent: null,
      assignee: null,
      priority: 'Medium',
      fixVersions: input.fixVersion === undefined ? [] : [addVersion(project.key, input.fixVersion)],
      comments: [],
      links: [],
      createdAt: now,
      indexedAt: now + searchLagMs,
    };
    issues.set(issue.key, issue);
    return issue;
  }

  /** Id of the version of that name, which is made where there is none. */
  function addVersion(projectKey: string, name: string): string {
    const project = projects.get(projectKey);
    if (!project) throw new Error(`no project ${projectKey}`);
    const version = project.versions.find((each) => each.name === name) ?? { id: newId(), name };
    if (!project.versions.includes(version)) project.versions.push(version);
    return version.id;
  }

  /** Of an account, or of somebody who has left. */
  function addComment(key: string, body: unknown, author: JiraAccount | null = null): JiraComment {
    const comment = { id: newId(), author, body, createdAt: options.now() };
    issue(key).comments.push(comment);
    return comment;
  }

  /** As Jira does: one per `globalId`, any number without. */
  function putLink(key: string, link: Omit<JiraRemoteLink, 'id'>): { link: JiraRemoteLink; created: boolean } {
    const { links } = issue(key);
    const found = links.find((each) => link.globalId !== undefined && each.globalId === link.globalId);
    const stored = { ...link, id: found?.id ?? Number(newId()) };
    if (found) links.splice(links.indexOf(found), 1, stored);
    else links.push(stored);
    return { link: stored, created: !found };
  }

  function issue(key: string): JiraIssue {
    const found = issues.get(key);
    if (!found) throw new Error(`no issue ${key}`);
    return found;
  }

  return {
    addAccount,
    addProject,
    addTicket,
    addVersion,
    addComment,
    putLink,
    issue,
    findIssue: (idOrKey: string) => issues.get(idOrKey.toUpperCase()) ?? [...issues.values()].find((each) => each.id === idOrKey),
    findProject: (idOrKey: string) => projects.get(idOrKey) ?? [...projects.values()].find((project) => project.id === idOrKey),
    projects: () => [...projects.values()],
    accounts: () => [...accounts.values()],
    tickets: () => [...issues.values()],
    accountWith: (test: (account: JiraAccount) => boolean) => [...accounts.values()].find((account) => account.active && test(account)),
    /** As a person would, past every transition. */
    setStatus(key: string, name: string) {
      const target = issue(key);
      if (!target.project.statuses.some((status) => status.name === name)) throw new Error(`${target.project.key} has no status ${name}`);
      target.status = name;
    },
    revoke(account: JiraAccount) {
      account.active = false;
    },
    setPermissions(account: JiraAccount, projectKey: string, permissions: string[]) {
      projects.get(projectKey)?.members.set(account.accountId, new Set(permissions));
    },
    /** Issues created from now on are found by searches only after so long; `Infinity` until `catchUp`. */
    setSearchLag(milliseconds: number) {
      searchLagMs = milliseconds;
    },
    /** The index knows everything. */
    catchUp() {
      searchLagMs = 0;
      for (const each of issues.values()) each.indexedAt = 0;
    },
    /** Cloud searches give so many empty pages before the first with issues, as Jira does when it filters by permission after paging. */
    setEmptySearchPages(pages: number) {
      emptySearchPages = pages;
    },
    emptySearchPages: () => emptySearchPages,
    isIndexed: (each: JiraIssue) => each.indexedAt <= options.now(),
  };
}
