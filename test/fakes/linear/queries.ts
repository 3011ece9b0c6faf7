import { connection, type ListArgs } from './connection.ts';
import { hookNode, issueNode, labelNode, stateNode, teamNode, userNode } from './nodes.ts';
import { forbidden, notFound } from './refusal.ts';
import type { LinearIssue, LinearTeam, LinearUser, LinearWorld } from './world.ts';

/** The root of queries as one account sees it. Private teams are there for their members only. */
export function queryRoot(world: LinearWorld, viewer: LinearUser): Record<string, unknown> {
  const { workspace } = viewer;
  const teams = () => world.teams.filter((team) => sees(viewer, team));
  return {
    viewer: userNode(viewer),
    organization: { id: workspace.id, name: workspace.name, urlKey: workspace.urlKey },
    teams: (args: ListArgs) => connection(teams(), args, teamNode),
    team: ({ id }: { id: string }) => {
      const found = teams().find((team) => team.id === id || team.key === id);
      if (!found) throw notFound('Team');
      return teamNode(found);
    },
    workflowStates: (args: ListArgs) =>
      connection(
        teams().flatMap(({ states }) => states),
        args,
        stateNode,
      ),
    issueLabels: (args: ListArgs) =>
      connection(
        world.labels.filter((label) => label.workspace === workspace && (label.team === null || sees(viewer, label.team))),
        args,
        labelNode,
      ),
    issue: ({ id }: { id: string }) => issueNode(visibleIssue(world, viewer, id)),
    issues: (args: ListArgs & { includeArchived?: boolean }) =>
      connection(
        world.issues.filter((issue) => sees(viewer, issue.team) && (args.includeArchived || (!issue.archivedAt && !issue.trashed))),
        args,
        issueNode,
      ),
    comment: ({ id }: { id: string }) => {
      const seen = world.issues.filter((issue) => sees(viewer, issue.team));
      const found = seen.flatMap(({ comments }) => comments).find((comment) => comment.id === id);
      if (!found) throw notFound('Comment');
      return { id: found.id, body: found.body };
    },
    webhooks: (args: ListArgs) => {
      requireAdmin(viewer);
      return connection(
        world.hooks.filter((hook) => hook.workspace === workspace),
        args,
        hookNode,
      );
    },
  };
}

export function sees(viewer: LinearUser, team: LinearTeam): boolean {
  return team.workspace === viewer.workspace && (!team.private || team.members.includes(viewer));
}

export function visibleIssue(world: LinearWorld, viewer: LinearUser, id: string): LinearIssue {
  const found = world.findIssue(id);
  if (!found || !sees(viewer, found.team)) throw notFound('Issue');
  return found;
}

export function requireAdmin(viewer: LinearUser): void {
  if (!viewer.admin) throw forbidden('You need to be an admin of the workspace, or have the scope `admin`, to manage webhooks.');
}
