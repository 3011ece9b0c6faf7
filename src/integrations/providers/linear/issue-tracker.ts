import type { Choice, IssueTracker, NewTicket, Ticket, TicketStatus } from '../../capabilities/issue-tracker.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type LinearClient, linearClient } from './client.ts';
import { entityId } from './entity-id.ts';
import type { LinearConnection } from './identity.ts';
import { PLAIN_TYPE } from './labels.ts';
import { isConflict, linearTrouble } from './linear-error.ts';
import { markdownOf } from './markdown.ts';
import { newIssue, titleOf } from './new-issue.ts';
import { sameName } from './same-name.ts';
import type { LinearIssue, LinearTeam } from './schema.ts';
import { inOrder, statusOf } from './status.ts';

/**
 * Linear takes the id of a new issue or comment from us and refuses one that is taken. Our ids follow from the marker, so a thing is found
 * by reading its id, without any search, and a creation that is repeated (a lost answer, a process that died, ten callers at once) has one
 * effect whatever a read before it said.
 */
export function linearIssueTracker(connection: LinearConnection, deps: AdapterDeps): IssueTracker {
  const client = linearClient(connection, deps);
  const teamOf = (project: string) => requiredTeam(client, project);
  const required = (key: string) => requiredIssue(client, key);

  return {
    // Nothing is searched for: an issue that a stale read misses is refused when it is created again.
    searchVisibleWithinMs: 0,

    async findTicket({ project, marker }) {
      const team = await teamOf(project);
      return visible(await client.issue(entityId('issue', team.id, marker)));
    },

    ensureTicket: async (ticket) => ensureTicket(client, await teamOf(ticket.project), ticket),

    ticket: async (key) => visible(await client.issue(key)),

    setStatus: async (key, statusName) => setStatus(client, await required(key), statusName),

    async ensureComment(key, { text, marker }) {
      const issue = await required(key);
      const id = entityId('comment', issue.id, marker);
      if (await client.commentExists(id)) return;
      try {
        await client.createComment({ id, issueId: issue.id, body: markdownOf(`${text}\n\n${marker}`) });
      } catch (error) {
        if (!isConflict(error) || !(await client.commentExists(id))) throw error;
      }
    },

    async ensureLink(key, { url, title }) {
      const wanted = titleOf(title) || url;
      const attached = await client.attachment(key, url);
      if (attached?.title !== wanted) await client.createAttachment({ issueId: key, url, title: wanted });
    },

    async *ticketsOfVersion({ project, version }) {
      const team = await teamOf(project);
      for await (const issue of client.issuesLabelled(team.id, [version, `v${version}`])) {
        const ticket = visible(issue);
        if (ticket) yield ticket;
      }
    },

    async *projects() {
      for await (const { key, name } of client.teams()) yield { id: key, name };
    },

    types: async (project) => typesOf(client, await teamOf(project)),

    statuses: async (project) => statusesOf(client, await teamOf(project)),

    async *users(project) {
      const team = await teamOf(project);
      for await (const { id, name, isAssignable } of client.members(team.id)) if (isAssignable) yield { id, name };
    },
  };
}

async function ensureTicket(client: LinearClient, team: LinearTeam, ticket: NewTicket): Promise<Ticket> {
  const id = entityId('issue', team.id, ticket.marker);
  const found = visible(await client.issue(id));
  if (found) return found;
  const input = await newIssue(client, id, team, ticket);
  try {
    const created = await client.createIssue(input);
    if (created) return ticketOf(created);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const there = await client.issue(id);
    if (!there) throw error;
    if (!there.trashed) return ticketOf(there);
    throw linearTrouble('conflict', `issue ${there.identifier} is this ticket and lies in the trash: restore it in Linear`);
  }
  throw linearTrouble('unavailable', 'create issue was answered without the issue');
}

async function setStatus(client: LinearClient, before: LinearIssue, statusName: string): Promise<Ticket> {
  if (sameName(before.state.name, statusName)) return ticketOf(before);
  const states = await allOf(client.states(before.team.id));
  const state = states.find((each) => sameName(each.name, statusName));
  if (!state) {
    const names = inOrder(states).map((each) => `"${each.name}"`);
    throw linearTrouble(
      'conflict',
      `team ${before.team.key} has no status "${statusName}"; ${before.identifier} can go to ${names.join(', ')}`,
    );
  }
  const after = (await client.moveIssue(before.id, state.id)) ?? (await requiredIssue(client, before.id));
  if (sameName(after.state.name, statusName)) return ticketOf(after);
  throw linearTrouble('conflict', `${after.identifier} is "${after.state.name}" although it was moved to "${state.name}"`);
}

async function typesOf(client: LinearClient, team: LinearTeam): Promise<Choice[]> {
  const names = new Map<string, string>();
  for await (const { name, isGroup } of client.labels(team.id))
    if (!isGroup && !sameName(name, PLAIN_TYPE)) names.set(name.toLowerCase(), name);
  const sorted = [...names.values()].sort((left, right) => left.localeCompare(right));
  return [PLAIN_TYPE, ...sorted].map((name) => ({ id: name, name }));
}

async function statusesOf(client: LinearClient, team: LinearTeam): Promise<TicketStatus[]> {
  return inOrder(await allOf(client.states(team.id))).map(statusOf);
}

async function requiredTeam(client: LinearClient, project: string): Promise<LinearTeam> {
  const team = await client.team(project);
  if (!team) throw linearTrouble('not-found', `project ${project} is no team that exists and is visible to the account`);
  return team;
}

async function requiredIssue(client: LinearClient, key: string): Promise<LinearIssue> {
  const issue = await client.issue(key);
  if (!issue || issue.trashed) throw linearTrouble('not-found', `issue ${key} does not exist or is not visible to the account`);
  return issue;
}

/** What lies in the trash is gone for people. */
function visible(issue: LinearIssue | null): Ticket | null {
  return issue && !issue.trashed ? ticketOf(issue) : null;
}

function ticketOf({ identifier, title, state, url }: LinearIssue): Ticket {
  return { key: identifier, title, status: statusOf(state), url };
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
