import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { AsanaClient } from './client.ts';
import type { AsanaSettings } from './identity.ts';
import { TASK_TYPES } from './new-task.ts';
import type { Named } from './schema.ts';
import { COMPLETED, sameName, sectionCategory } from './status.ts';
import { versionTags } from './tags.ts';
import { ticketOf } from './ticket.ts';

type Lists = Pick<IssueTracker, 'ticketsOfVersion' | 'projects' | 'types' | 'statuses' | 'users'>;

export function asanaProjectLists(client: AsanaClient, settings: AsanaSettings): Lists {
  return {
    /** By tag: Asana has no versions. */
    async *ticketsOfVersion({ project, version }) {
      const { workspace } = await client.project(project);
      const seen = new Set<string>();
      for (const tag of await versionTags(client, workspace.gid, version)) {
        for await (const task of client.tasksWithTag(tag)) {
          if (seen.has(task.gid) || !task.memberships.some((membership) => membership.project?.gid === project)) continue;
          seen.add(task.gid);
          yield ticketOf(task, settings, project);
        }
      }
    },

    async *projects() {
      const workspaces: Named[] = [];
      for await (const workspace of client.workspaces()) workspaces.push(workspace);
      for (const workspace of workspaces) {
        for await (const { gid, name } of client.projects(workspace.gid)) {
          yield { id: gid, name: workspaces.length > 1 ? `${name} (${workspace.name})` : name };
        }
      }
    },

    types: async () => [...TASK_TYPES],

    async statuses(project) {
      const names: string[] = [];
      for await (const { name } of client.sections(project)) names.push(name);
      const distinct = [...names, COMPLETED].filter((name, at, all) => all.findIndex((each) => sameName(each, name)) === at);
      return distinct.map((name) => ({ name, category: sameName(name, COMPLETED) ? 'done' : sectionCategory(name, settings) }));
    },

    /** Everybody in the workspace can be assigned; guests outside the project are let in by it. */
    async *users(project) {
      const { workspace } = await client.project(project);
      for await (const { gid, name } of client.users(workspace.gid)) yield { id: gid, name };
    },
  };
}
