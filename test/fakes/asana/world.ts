/** The state of a fake Asana: accounts, workspaces, projects with sections, tasks and what hangs on them, webhooks. */

export interface AsanaAccount {
  gid: string;
  name: string;
  email: string;
  token: string;
  /** External ids are seen by the app that set them only; every token belongs to one. */
  app: string;
  workspaces: Set<string>;
  oauth: { clientId: string; clientSecret: string; refreshToken: string } | null;
}

export interface AsanaNamed {
  gid: string;
  name: string;
}

export interface AsanaProject extends AsanaNamed {
  workspace: string;
  archived: boolean;
  sections: AsanaNamed[];
  fields: (AsanaNamed & { options: (AsanaNamed & { enabled: boolean })[] })[];
}

export interface AsanaTask extends AsanaNamed {
  workspace: string;
  subtype: string;
  completed: boolean;
  approvalStatus: string | null;
  notes: string;
  external: { app: string; gid: string } | null;
  memberships: { project: AsanaProject; section: AsanaNamed }[];
  tags: AsanaNamed[];
  assignee: string | null;
  parent: string | null;
  customFields: Record<string, string>;
  stories: { gid: string; subtype: string; text: string }[];
  attachments: { gid: string; name: string; url: string }[];
  /** External ids may be looked up from now on. */
  isKnown: boolean;
}

export interface AsanaHook {
  gid: string;
  workspace: string;
  resource: AsanaNamed;
  target: string;
  secret: string;
  active: boolean;
  filters: unknown[];
}

interface NewTask {
  project: string;
  name: string;
  tags?: string[];
  section?: string;
  subtype?: string;
  external?: AsanaTask['external'];
}

export type AsanaWorld = ReturnType<typeof createAsanaWorld>;

export function createAsanaWorld() {
  const accounts: AsanaAccount[] = [];
  const workspaces: AsanaNamed[] = [];
  const projects: AsanaProject[] = [];
  const tags: (AsanaNamed & { workspace: string })[] = [];
  const tasks: AsanaTask[] = [];
  const hooks: AsanaHook[] = [];
  let lookupLags = false;
  let nextId = 1_200_000_000_000_001;
  const newId = () => String(nextId++);
  const required = <T>(found: T | undefined, what: string): T => {
    if (found === undefined) throw new Error(`no ${what}`);
    return found;
  };
  const task = (gid: string) =>
    required(
      tasks.find((each) => each.gid === gid),
      `task ${gid}`,
    );
  const project = (gid: string) =>
    required(
      projects.find((each) => each.gid === gid),
      `project ${gid}`,
    );

  function addAccount(input: { token: string; name: string; workspaces: AsanaNamed[]; app?: string; oauth?: AsanaAccount['oauth'] }) {
    const email = `${input.name.toLowerCase().replace(/\W+/g, '.')}@example.com`;
    const account: AsanaAccount = {
      gid: newId(),
      name: input.name,
      email,
      token: input.token,
      app: input.app ?? input.token,
      workspaces: new Set(input.workspaces.map(({ gid }) => gid)),
      oauth: input.oauth ?? null,
    };
    accounts.push(account);
    return account;
  }

  function addProject(input: { workspace: AsanaNamed; name: string; sections?: string[]; archived?: boolean; priorities?: string[] }) {
    const options = (input.priorities ?? []).map((name) => ({ gid: newId(), name, enabled: true }));
    const added: AsanaProject = {
      gid: newId(),
      name: input.name,
      workspace: input.workspace.gid,
      archived: input.archived ?? false,
      sections: (input.sections ?? ['Untitled section']).map((name) => ({ gid: newId(), name })),
      fields: options.length === 0 ? [] : [{ gid: newId(), name: 'Priority', options }],
    };
    projects.push(added);
    return added;
  }

  /** Several may have the same name. */
  function addTag(workspace: string, name: string) {
    const tag = { gid: newId(), name, workspace };
    tags.push(tag);
    return tag;
  }

  /** Made where there is none, as a person would pick it from the list. */
  function tagNamed(workspace: string, name: string) {
    return tags.find((tag) => tag.workspace === workspace && tag.name === name) ?? addTag(workspace, name);
  }

  function addTask(input: NewTask): AsanaTask {
    const within = project(input.project);
    const section = input.section === undefined ? within.sections[0] : within.sections.find(({ name }) => name === input.section);
    const added: AsanaTask = {
      gid: newId(),
      name: input.name,
      workspace: within.workspace,
      subtype: input.subtype ?? 'default_task',
      completed: false,
      approvalStatus: input.subtype === 'approval' ? 'pending' : null,
      notes: '',
      external: input.external ?? null,
      memberships: [{ project: within, section: required(section, `section ${input.section}`) }],
      tags: (input.tags ?? []).map((name) => tagNamed(within.workspace, name)),
      assignee: null,
      parent: null,
      customFields: {},
      stories: [{ gid: newId(), subtype: 'added_to_project', text: `added this task to ${within.name}` }],
      attachments: [],
      isKnown: !lookupLags,
    };
    tasks.push(added);
    return added;
  }

  return {
    newId,
    accounts,
    workspaces,
    projects,
    tags,
    tasks,
    hooks,
    task,
    project,
    addAccount,
    addProject,
    addTag,
    addTask,
    addWorkspace(name: string): AsanaNamed {
      const workspace = { gid: newId(), name };
      workspaces.push(workspace);
      return workspace;
    },
    /** As people do: they drag the task to a section of its first project and tick the box, or do not. */
    moveTask(gid: string, section: string, completed: boolean) {
      const [home] = task(gid).memberships;
      if (home === undefined) throw new Error(`task ${gid} is in no project`);
      home.section = required(
        home.project.sections.find(({ name }) => name === section),
        `section ${section}`,
      );
      task(gid).completed = completed;
    },
    addComment: (gid: string, text: string) => void task(gid).stories.push({ gid: newId(), subtype: 'comment_added', text }),
    addAttachment: (gid: string, link: { url: string; name: string }) => void task(gid).attachments.push({ gid: newId(), ...link }),
    addHook(hook: Omit<AsanaHook, 'gid'>): AsanaHook {
      const added = { gid: newId(), ...hook };
      hooks.push(added);
      return added;
    },
    /** External ids of tasks created from now on are not known until `catchUp`. */
    delayLookups() {
      lookupLags = true;
    },
    catchUp() {
      lookupLags = false;
      for (const each of tasks) each.isKnown = true;
    },
  };
}
