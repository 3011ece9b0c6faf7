/** Every document we send to Linear. Each asks for the fields of its schema and no more: complexity counts against the limit. */

const ISSUE = 'id identifier title url trashed state { name type } team { id key }';
const LABEL = 'id name isGroup team { id }';
const HOOK = 'id url allPublicTeams team { id }';
const PAGE = 'pageInfo { hasNextPage endCursor }';

export const queries = {
  whoAmI: 'query WhoAmI { viewer { name } organization { name } }',

  teams: `query Teams($first: Int, $after: String) { teams(first: $first, after: $after) { nodes { id key name } ${PAGE} } }`,

  findTeam: 'query FindTeam($filter: TeamFilter) { teams(first: 1, filter: $filter) { nodes { id key name } } }',

  members: `query Members($team: String!, $first: Int, $after: String) {
    team(id: $team) { members(first: $first, after: $after) { nodes { id name isAssignable } ${PAGE} } }
  }`,

  states: `query States($filter: WorkflowStateFilter, $first: Int, $after: String) {
    workflowStates(filter: $filter, first: $first, after: $after) { nodes { id name type position } ${PAGE} }
  }`,

  labels: `query Labels($filter: IssueLabelFilter, $first: Int, $after: String) {
    issueLabels(filter: $filter, first: $first, after: $after) { nodes { ${LABEL} } ${PAGE} }
  }`,

  createLabel: `mutation CreateLabel($input: IssueLabelCreateInput!) { issueLabelCreate(input: $input) { issueLabel { ${LABEL} } } }`,

  issue: `query Issue($id: String!) { issue(id: $id) { ${ISSUE} } }`,

  issues: `query Issues($filter: IssueFilter, $first: Int, $after: String) {
    issues(filter: $filter, includeArchived: true, first: $first, after: $after) { nodes { ${ISSUE} } ${PAGE} }
  }`,

  createIssue: `mutation CreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { issue { ${ISSUE} } } }`,

  updateIssue: `mutation UpdateIssue($id: String!, $input: IssueUpdateInput!) {
    issueUpdate(id: $id, input: $input) { issue { ${ISSUE} } }
  }`,

  comment: 'query Comment($id: String!) { comment(id: $id) { id } }',

  createComment: 'mutation CreateComment($input: CommentCreateInput!) { commentCreate(input: $input) { success } }',

  attachments: `query Attachments($issue: String!, $url: String!) {
    issue(id: $issue) { attachments(first: 1, filter: { url: { eq: $url } }) { nodes { id url title } } }
  }`,

  createAttachment: 'mutation CreateAttachment($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { success } }',

  webhooks: `query Webhooks($first: Int, $after: String) { webhooks(first: $first, after: $after) { nodes { ${HOOK} } ${PAGE} } }`,

  createWebhook: `mutation CreateWebhook($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { ${HOOK} } } }`,

  updateWebhook: `mutation UpdateWebhook($id: String!, $input: WebhookUpdateInput!) {
    webhookUpdate(id: $id, input: $input) { success }
  }`,

  deleteWebhook: 'mutation DeleteWebhook($id: String!) { webhookDelete(id: $id) { success } }',
} as const;
