import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { refusal } from './answers.ts';
import { complaintAboutText } from './text-fields.ts';
import { type JiraAccount, type JiraProject, type JiraWorld, PRIORITIES } from './world.ts';

type Fields = Record<string, unknown>;

/** `POST /issue`: the checks Jira makes, in its words. */
export function createIssue(world: JiraWorld, origin: string, account: JiraAccount, request: FakeRequest, version: string): FakeAnswer {
  const fields = (request.body as { fields?: Fields } | undefined)?.fields;
  if (!fields) return refusal(400, ['Can not instantiate value of type from JSON']);
  const project = world.findProject(String(member(fields.project, 'key') ?? member(fields.project, 'id')));
  const permissions = project?.members.get(account.accountId);
  if (!project || !permissions?.has('BROWSE_PROJECTS')) return refusal(400, [], { project: 'valid project is required' });
  if (!permissions.has('CREATE_ISSUES')) return refusal(403, ['You do not have permission to create issues in this project.']);
  const errors = complaints(world, project, fields, version);
  if (Object.keys(errors).length > 0) return refusal(400, [], errors);
  const issue = world.addTicket({
    project: project.key,
    title: String(fields.summary),
    type: String(member(fields.issuetype, 'name')),
    labels: (fields.labels ?? []) as string[],
    description: fields.description ?? null,
  });
  issue.parent = member(fields.parent, 'key') ?? null;
  issue.assignee = member(fields.assignee, version === '3' ? 'accountId' : 'name') ?? null;
  issue.priority = member(fields.priority, 'name') ?? issue.priority;
  return { status: 201, body: { id: issue.id, key: issue.key, self: `${origin}/rest/api/${version}/issue/${issue.id}` } };
}

function complaints(world: JiraWorld, project: JiraProject, fields: Fields, version: string): Record<string, string> {
  const errors: Record<string, string> = {};
  const summary = fields.summary;
  if (typeof summary !== 'string' || summary.trim() === '') errors.summary = 'You must specify a summary of the issue.';
  else if (summary.length > 255) errors.summary = 'Summary must be less than 255 characters.';
  else if (summary.includes('\n')) errors.summary = 'The summary is invalid because it contains newline characters.';
  if (!project.issueTypes.includes(member(fields.issuetype, 'name') ?? '')) errors.issuetype = 'Specify a valid issue type';
  const spaced = ((fields.labels ?? []) as string[]).find((label) => /\s/.test(label));
  if (spaced !== undefined) errors.labels = `The label '${spaced}' contains spaces which is invalid.`;
  const description = complaintAboutText(fields.description, version);
  if (description) errors.description = description;
  const parent = member(fields.parent, 'key');
  if (parent !== undefined && !world.findIssue(parent)) errors.parent = `Could not find issue by id or key.`;
  const assignee = member(fields.assignee, version === '3' ? 'accountId' : 'name');
  if (fields.assignee !== undefined && !(assignee && project.members.get(assignee)?.has('ASSIGNABLE_USER')))
    errors.assignee = `User '${assignee}' cannot be assigned issues.`;
  const priority = member(fields.priority, 'name');
  if (fields.priority !== undefined && !PRIORITIES.includes(priority ?? '')) errors.priority = 'The priority selected is invalid.';
  return errors;
}

function member(value: unknown, name: string): string | undefined {
  const found = (value as Record<string, unknown> | null | undefined)?.[name];
  return typeof found === 'string' ? found : undefined;
}
