import { randomUUID } from 'node:crypto';
import { hookNode, issueNode, labelNode, PRIORITIES } from './nodes.ts';
import { requireAdmin, sees, visibleIssue } from './queries.ts';
import { conflict, forbidden, invalidInput, notFound } from './refusal.ts';
import type { LinearHook, LinearLabel, LinearTeam, LinearUser, LinearWorld } from './world.ts';

type Input = Record<string, unknown>;
type Args = { id: string; input: Input };

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_TITLE_CHARS = 255;

/** The root of mutations as one account may use them. */
export function mutationRoot(world: LinearWorld, viewer: LinearUser): Record<string, unknown> {
  const write =
    <A>(work: (args: A) => Record<string, unknown>) =>
    (args: A) => {
      if (!viewer.mayWrite) throw forbidden('The API key has no permission to write.');
      return { success: true, lastSyncId: 1, ...work(args) };
    };
  return {
    issueCreate: write(({ input }: Args) => createIssue(world, viewer, input)),
    issueUpdate: write(({ id, input }: Args) => updateIssue(world, viewer, id, input)),
    issueLabelCreate: write(({ input }: Args) => createLabel(world, viewer, input)),
    commentCreate: write(({ input }: Args) => createComment(world, viewer, input)),
    attachmentCreate: write(({ input }: Args) => createAttachment(world, viewer, input)),
    webhookCreate: write(({ input }: Args) => createHook(world, viewer, input)),
    webhookUpdate: write(({ id, input }: Args) => {
      const hook = Object.assign(hookOf(world, viewer, id), input);
      return { webhook: hookNode(hook) };
    }),
    webhookDelete: write(({ id }: { id: string }) => {
      world.removeHook(hookOf(world, viewer, id).id);
      return { entityId: id };
    }),
  };
}

function createIssue(world: LinearWorld, viewer: LinearUser, input: Input) {
  const id = newId(input);
  const team = teamOf(world, viewer, input.teamId);
  if (world.issues.some((issue) => issue.id === id)) throw conflict('Issue', id);
  const title = textOf(input.title);
  if (title === '' || title.length > MAX_TITLE_CHARS || title.includes('\n')) throw invalidInput('Argument Validation Error');
  const priority = (input.priority ?? 0) as number;
  if (PRIORITIES[priority] === undefined) throw invalidInput('Argument Validation Error');
  const labels = ((input.labelIds ?? []) as string[]).map((labelId) => labelOf(world, team, labelId));
  const parent = input.parentId === undefined ? null : visibleIssue(world, viewer, String(input.parentId));
  const assignee = input.assigneeId === undefined ? null : (team.members.find((member) => member.id === input.assigneeId) ?? null);
  if (input.assigneeId !== undefined && !assignee?.isAssignable) throw notFound('User');
  const description = input.description === undefined ? null : textOf(input.description);
  return { issue: issueNode(world.addIssue(team, { id, title, description, labels, parent, assignee, priority })) };
}

function updateIssue(world: LinearWorld, viewer: LinearUser, id: string, input: Input) {
  const issue = visibleIssue(world, viewer, id);
  const state = issue.team.states.find((each) => each.id === input.stateId);
  if (!state) throw notFound('WorkflowState');
  issue.state = state;
  return { issue: issueNode(issue) };
}

/** Names are told apart without regard to case, and a label of the workspace takes the name from every team. */
function createLabel(world: LinearWorld, viewer: LinearUser, input: Input) {
  const team = teamOf(world, viewer, input.teamId);
  const name = textOf(input.name);
  if (name.trim() === '') throw invalidInput('Argument Validation Error');
  const rival = world.labels.find(
    (label) =>
      label.workspace === viewer.workspace &&
      (label.team === null || label.team === team) &&
      label.name.toLowerCase() === name.toLowerCase(),
  );
  if (rival) throw invalidInput('Duplicate label name', `Label "${name}" already exists in team ${team.name}.`);
  return { issueLabel: labelNode(world.addLabel(viewer.workspace, { name, team })) };
}

function createComment(world: LinearWorld, viewer: LinearUser, input: Input) {
  const id = newId(input);
  const issue = visibleIssue(world, viewer, String(input.issueId));
  if (world.issues.some(({ comments }) => comments.some((comment) => comment.id === id))) throw conflict('Comment', id);
  const body = textOf(input.body);
  if (body.trim() === '') throw invalidInput('Argument Validation Error');
  const comment = { id, body };
  issue.comments.push(comment);
  return { comment };
}

/** One per issue and URL: a second one changes the first. */
function createAttachment(world: LinearWorld, viewer: LinearUser, input: Input) {
  const issue = visibleIssue(world, viewer, String(input.issueId));
  // Reads of archived issues work, attaching to them does not.
  if (issue.archivedAt !== null || issue.trashed) throw notFound('Issue');
  const [url, title] = [textOf(input.url), textOf(input.title)];
  if (!URL.canParse(url) || title.trim() === '') throw invalidInput('Argument Validation Error');
  const attached = issue.attachments.find((each) => each.url === url);
  const attachment = attached ?? { id: randomUUID(), url, title };
  attachment.title = title;
  if (!attached) issue.attachments.push(attachment);
  return { attachment };
}

function createHook(world: LinearWorld, viewer: LinearUser, input: Input) {
  requireAdmin(viewer);
  const team = input.teamId === undefined ? null : teamOf(world, viewer, input.teamId);
  const allPublicTeams = input.allPublicTeams === true;
  if (allPublicTeams === (team !== null)) throw invalidInput('Either teamId or allPublicTeams must be given');
  const { url, secret, label, enabled, resourceTypes } = input as unknown as LinearHook;
  if (!URL.canParse(url) || resourceTypes.length === 0) throw invalidInput('Argument Validation Error');
  const given = { url, secret: secret ?? randomUUID(), label: label ?? null, enabled: enabled ?? true, resourceTypes };
  return { webhook: hookNode(world.addHook(viewer.workspace, { ...given, allPublicTeams, team })) };
}

function hookOf(world: LinearWorld, viewer: LinearUser, id: string): LinearHook {
  requireAdmin(viewer);
  const hook = world.hooks.find((each) => each.id === id && each.workspace === viewer.workspace);
  if (!hook) throw notFound('Webhook');
  return hook;
}

function teamOf(world: LinearWorld, viewer: LinearUser, id: unknown): LinearTeam {
  const team = world.teams.find((each) => each.id === id && sees(viewer, each));
  if (!team) throw notFound('Team');
  return team;
}

function labelOf(world: LinearWorld, team: LinearTeam, id: string): LinearLabel {
  const label = world.labels.find((each) => each.id === id && each.workspace === team.workspace);
  if (!label) throw notFound('IssueLabel');
  if (label.team !== null && label.team !== team)
    throw invalidInput('LabelIds for incorrect team', `The label '${label.name}' is not associated with the same team as the issue.`);
  if (label.isGroup) throw invalidInput('A label group cannot be applied');
  return label;
}

function newId({ id }: Input): string {
  if (id === undefined) return randomUUID();
  if (typeof id !== 'string' || !UUID_4.test(id)) throw invalidInput('Argument Validation Error', 'id must be a UUID');
  return id;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw invalidInput('Argument Validation Error');
  return value;
}
