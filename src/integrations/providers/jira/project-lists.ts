import type { Choice, IssueTracker, Ticket, TicketStatus } from '../../capabilities/issue-tracker.ts';
import type { JiraClient } from './client.ts';
import { jqlString } from './jql.ts';
import type { Issue, User } from './schema.ts';
import { statusOf } from './status.ts';

type Lists = Pick<IssueTracker, 'ticketsOfVersion' | 'projects' | 'types' | 'statuses' | 'users'>;

export function jiraProjectLists(client: JiraClient, ticketOf: (issue: Issue) => Ticket): Lists {
  return {
    /** By fix version. The search lags behind writes, see `searchVisibleWithinMs`. */
    async *ticketsOfVersion({ project, version }) {
      const named = (await client.versions(project)).filter(({ name }) => plainVersion(name) === plainVersion(version));
      // Jira refuses a search for a version that does not exist; and in a search, a name of digits could be taken for an id.
      if (named.length === 0) return;
      const ids = named.map(({ id }) => id).join(', ');
      for await (const issue of client.search(`project = ${jqlString(project)} AND fixVersion in (${ids}) ORDER BY key ASC`)) {
        yield ticketOf(issue);
      }
    },

    async *projects() {
      for await (const { key, name } of client.projects()) yield { id: key, name };
    },

    async types(project) {
      const { issueTypes } = await client.project(project);
      return issueTypes.map(({ name }) => ({ id: name, name }));
    },

    /** Jira lists them by issue type; most types share theirs. */
    async statuses(project) {
      const byKey = new Map<string, TicketStatus>();
      for (const type of await client.statuses(project)) {
        for (const status of type.statuses.map(statusOf)) byKey.set(`${status.category} ${status.name}`, status);
      }
      return [...byKey.values()];
    },

    async *users(project) {
      for await (const user of client.assignableUsers(project)) {
        const choice = choiceOf(user, client.kind);
        if (choice) yield choice;
      }
    },
  };
}

/** `v4.2.0` and `4.2.0` name the same version. */
function plainVersion(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, '');
}

/** `null` for accounts that are no people or have left. */
function choiceOf(user: User, kind: JiraClient['kind']): Choice | null {
  const id = kind === 'cloud' ? user.accountId : user.name;
  if (!id || user.active === false || user.accountType === 'app') return null;
  return { id, name: user.displayName ?? id };
}
