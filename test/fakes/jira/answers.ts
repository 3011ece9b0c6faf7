import type { FakeAnswer } from '../fake-server.ts';
import type { JiraAccount, JiraIssue, JiraProject } from './world.ts';

/** Bodies as Jira sends them, shared by REST v2 and v3. */

export function refusal(status: number, errorMessages: string[], errors: Record<string, string> = {}): FakeAnswer {
  return { status, body: { errorMessages, errors } };
}

export const issueNotFound = () => refusal(404, ['Issue does not exist or you do not have permission to see it.']);

/** Ids of Jira's four categories. */
const CATEGORIES = {
  undefined: { id: 1, key: 'undefined', colorName: 'medium-gray', name: 'No Category' },
  new: { id: 2, key: 'new', colorName: 'blue-gray', name: 'To Do' },
  done: { id: 3, key: 'done', colorName: 'green', name: 'Done' },
  indeterminate: { id: 4, key: 'indeterminate', colorName: 'yellow', name: 'In Progress' },
};

export function statusBody(origin: string, project: JiraProject, name: string) {
  const status = project.statuses.find((each) => each.name === name);
  const category = CATEGORIES[status?.category ?? 'undefined'];
  return {
    self: `${origin}/rest/api/3/status/${status?.id}`,
    description: '',
    iconUrl: `${origin}/images/icons/status.png`,
    name,
    id: status?.id,
    statusCategory: { self: `${origin}/rest/api/3/statuscategory/${category.id}`, ...category },
  };
}

export function issueBody(origin: string, issue: JiraIssue, fields: string | null) {
  const all: Record<string, unknown> = {
    summary: issue.summary,
    description: issue.description,
    labels: issue.labels,
    fixVersions: issue.fixVersions.map((id) => issue.project.versions.find((version) => version.id === id)),
    status: statusBody(origin, issue.project, issue.status),
    issuetype: { name: issue.type },
    project: { id: issue.project.id, key: issue.project.key, name: issue.project.name },
    parent: issue.parent && { key: issue.parent },
    assignee: issue.assignee && { accountId: issue.assignee },
    priority: issue.priority && { name: issue.priority },
    created: new Date(issue.createdAt).toISOString(),
  };
  const wanted = fields === null || fields === '*all' ? Object.keys(all) : fields.split(',').map((field) => field.trim());
  return {
    expand: 'renderedFields,names,schema,operations,editmeta,changelog',
    id: issue.id,
    self: `${origin}/rest/api/3/issue/${issue.id}`,
    key: issue.key,
    fields: Object.fromEntries(wanted.filter((field) => field in all).map((field) => [field, all[field]])),
  };
}

/** The short form of an account, in lists and as the author of something. */
export function userBody(origin: string, { accountId, email, displayName, active }: JiraAccount) {
  if (email === null)
    return { self: `${origin}/rest/api/2/user?username=${accountId}`, key: accountId, name: accountId, displayName, active };
  return { self: `${origin}/rest/api/3/user?accountId=${accountId}`, accountId, accountType: 'atlassian', displayName, active };
}

export function myselfBody(origin: string, account: JiraAccount) {
  const shared = { displayName: account.displayName, active: true, timeZone: 'Etc/UTC', locale: 'en_US', groups: { size: 0, items: [] } };
  if (account.email === null)
    return { self: `${origin}/rest/api/2/user?username=bot`, key: 'JIRAUSER10000', name: account.accountId, ...shared };
  const { accountId, email } = account;
  return { self: `${origin}/rest/api/3/user?accountId=${accountId}`, accountId, accountType: 'atlassian', emailAddress: email, ...shared };
}
