import type { FakeAnswer } from '../fake-server.ts';
import { issueNotFound, refusal, userBody } from './answers.ts';
import { type JiraSite, visible } from './site.ts';
import { complaintAboutText } from './text-fields.ts';
import type { JiraComment, JiraIssue, JiraRemoteLink } from './world.ts';

/** Comments and remote links of an issue. */
export function remarkRoutes(site: JiraSite): void {
  commentRoutes(site);
  linkRoutes(site);
}

function commentRoutes({ world, origin, version, route, as }: JiraSite): void {
  const path = `/rest/api/${version}/issue/:key/comment`;
  const bodyOf = (issue: JiraIssue, { id, author, body, createdAt }: JiraComment) => ({
    self: `${origin}/rest/api/${version}/issue/${issue.id}/comment/${id}`,
    id,
    ...(author && { author: userBody(origin, author), updateAuthor: userBody(origin, author) }),
    body,
    created: instant(createdAt),
    updated: instant(createdAt),
  });

  route(
    'GET',
    path,
    as((account, { params, query }) => {
      const issue = visible(world, account, params.key);
      if (!issue) return issueNotFound();
      const newestFirst = query.get('orderBy')?.startsWith('-');
      const all = newestFirst ? [...issue.comments].reverse() : issue.comments;
      const startAt = Number(query.get('startAt') ?? 0);
      const maxResults = Math.min(Number(query.get('maxResults') ?? 100), 100);
      const comments = all.slice(startAt, startAt + maxResults).map((comment) => bodyOf(issue, comment));
      return { status: 200, body: { startAt, maxResults, total: all.length, comments } };
    }, issueNotFound),
  );
  route(
    'POST',
    path,
    as((account, { params, body }) => {
      const issue = visible(world, account, params.key);
      if (!issue) return issueNotFound();
      const may = issue.project.members.get(account.accountId)?.has('ADD_COMMENTS');
      if (!may) return refusal(400, [`${account.displayName}, you do not have the permission to comment on this issue.`]);
      const text = (body as { body?: unknown } | undefined)?.body;
      const complaint = text === undefined || text === '' ? 'Comment body can not be empty!' : complaintAboutText(text, version);
      if (complaint) return refusal(400, [], { comment: complaint });
      return { status: 201, body: bodyOf(issue, world.addComment(issue.key, text, account)) };
    }, issueNotFound),
  );
}

function linkRoutes({ world, origin, version, route, as }: JiraSite): void {
  const path = `/rest/api/${version}/issue/:key/remotelink`;
  const self = (issue: JiraIssue, id: number) => `${origin}/rest/api/${version}/issue/${issue.key}/remotelink/${id}`;

  route(
    'GET',
    path,
    as((account, { params }) => {
      const issue = visible(world, account, params.key);
      if (!issue) return issueNotFound();
      return { status: 200, body: issue.links.map((link) => ({ ...link, self: self(issue, link.id) })) };
    }, issueNotFound),
  );
  route(
    'POST',
    path,
    as((account, { params, body }) => {
      const issue = visible(world, account, params.key);
      if (!issue) return issueNotFound();
      const refused = refusedLink(issue, account.accountId, body);
      if (refused) return refused;
      const { link, created } = world.putLink(issue.key, body as Omit<JiraRemoteLink, 'id'>);
      return { status: created ? 201 : 200, body: { id: link.id, self: self(issue, link.id) } };
    }, issueNotFound),
  );
  route(
    'PUT',
    `${path}/:id`,
    as((account, { params, body }) => {
      const issue = visible(world, account, params.key);
      if (!issue) return issueNotFound();
      const index = issue.links.findIndex(({ id }) => String(id) === params.id);
      if (index < 0) return refusal(404, [`No remote issue link with ID '${params.id}' exists.`]);
      const refused = refusedLink(issue, account.accountId, body);
      if (refused) return refused;
      // What the request leaves out is gone.
      issue.links.splice(index, 1, { ...(body as Omit<JiraRemoteLink, 'id'>), id: Number(params.id) });
      return { status: 204 };
    }, issueNotFound),
  );
}

function refusedLink(issue: JiraIssue, accountId: string, body: unknown): FakeAnswer | null {
  if (!issue.project.members.get(accountId)?.has('LINK_ISSUES')) return refusal(403, ['You do not have permission to link issues.']);
  const { globalId, object } = body as Partial<JiraRemoteLink>;
  const errors: Record<string, string> = {};
  if (!object?.url) errors.url = "'url' is required.";
  else if (!URL.canParse(object.url)) errors.url = "'url' is not a valid URL.";
  if (!object?.title) errors.title = "'title' is required.";
  else if (object.title.length > 255) errors.title = "'title' is too long, it must not exceed 255 characters.";
  if ((globalId?.length ?? 0) > 255) errors.globalId = "'globalId' is too long, it must not exceed 255 characters.";
  return Object.keys(errors).length > 0 ? refusal(400, [], errors) : null;
}

const instant = (at: number) => new Date(at).toISOString().replace('Z', '+0000');
