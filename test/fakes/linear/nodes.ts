import { connection, type ListArgs } from './connection.ts';
import type { LinearAttachment, LinearHook, LinearIssue, LinearLabel, LinearState, LinearTeam, LinearUser } from './world.ts';

/** Entities as GraphQL shows them. */

export const PRIORITIES = ['No priority', 'Urgent', 'High', 'Medium', 'Low'];

export const userNode = ({ id, name, active, admin, isAssignable }: LinearUser) => ({
  ...{ id, name, displayName: name.toLowerCase().replaceAll(' ', '.') },
  ...{ active, admin, isAssignable },
});

export const stateNode = ({ id, name, type, position }: LinearState) => ({ id, name, type, position });

export const teamNode = (team: LinearTeam): Record<string, unknown> => ({
  id: team.id,
  key: team.key,
  name: team.name,
  members: (args: ListArgs) =>
    connection(
      team.members.filter(({ active }) => active),
      args,
      userNode,
    ),
});

export const labelNode = ({ id, name, isGroup, team }: LinearLabel) => ({ id, name, isGroup, team: team && teamNode(team) });

export const attachmentNode = ({ id, url, title }: LinearAttachment) => ({ id, url, title });

export const issueNode = (issue: LinearIssue): Record<string, unknown> => ({
  ...{ id: issue.id, identifier: issue.identifier, title: issue.title, description: issue.description },
  url: `https://linear.app/${issue.team.workspace.urlKey}/issue/${issue.identifier}/${slugOf(issue.title)}`,
  // Linear shows the flag only where it is set.
  trashed: issue.trashed || null,
  archivedAt: issue.archivedAt,
  priority: issue.priority,
  priorityLabel: PRIORITIES[issue.priority],
  state: stateNode(issue.state),
  team: teamNode(issue.team),
  assignee: issue.assignee && userNode(issue.assignee),
  parent: issue.parent && issueNode(issue.parent),
  labels: (args: ListArgs) => connection(issue.labels, args, labelNode),
  attachments: (args: ListArgs) => connection(issue.attachments, args, attachmentNode),
});

export const hookNode = ({ id, url, label, enabled, resourceTypes, allPublicTeams, team }: LinearHook) => ({
  ...{ id, url, label, enabled, resourceTypes, allPublicTeams },
  team: team && teamNode(team),
});

function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
}
