import type { NewTicket } from '../../capabilities/issue-tracker.ts';
import type { LinearClient } from './client.ts';
import { ensureLabel, typeLabel } from './labels.ts';
import { linearTrouble } from './linear-error.ts';
import { markdownOf } from './markdown.ts';
import { sameName } from './same-name.ts';
import type { LinearTeam } from './schema.ts';

const MAX_TITLE_CHARS = 255;
/** By Linear's numbers. */
const priorities = ['No priority', 'Urgent', 'High', 'Medium', 'Low'];

/** What `issueCreate` takes; makes the labels that are missing. */
export async function newIssue(client: LinearClient, id: string, team: LinearTeam, ticket: NewTicket): Promise<Record<string, unknown>> {
  const { assignee, parent } = ticket;
  const priority = ticket.priority === undefined ? undefined : priorityOf(ticket.priority);
  const labelIds = await labelsOf(client, team, ticket);
  const description = markdownOf(ticket.description);
  return {
    id,
    teamId: team.id,
    title: titleOf(ticket.title),
    ...(description !== '' && { description }),
    ...(labelIds.length > 0 && { labelIds }),
    ...(assignee !== undefined && { assigneeId: assignee }),
    ...(parent !== undefined && { parentId: parent }),
    ...(priority !== undefined && { priority }),
  };
}

/** One line; Linear refuses very long titles. */
export function titleOf(title: string): string {
  const line = title.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_TITLE_CHARS ? line : `${line.slice(0, MAX_TITLE_CHARS - 1).trimEnd()}…`;
}

/** By name in any case, or by Linear's number. */
function priorityOf(name: string): number {
  const index = priorities.findIndex((each, number) => sameName(each, name) || name.trim() === String(number));
  if (index >= 0) return index;
  throw linearTrouble('invalid', `there is no priority "${name}"; Linear knows ${priorities.map((each) => `"${each}"`).join(', ')}`);
}

async function labelsOf(client: LinearClient, team: LinearTeam, ticket: NewTicket): Promise<string[]> {
  const ofType = await typeLabel(client, team, ticket.type);
  const names = new Map<string, string>();
  for (const label of ticket.labels) {
    const name = label.replace(/\s+/g, ' ').trim();
    if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  const ids = new Set(ofType === null ? [] : [ofType]);
  for (const name of names.values()) ids.add(await ensureLabel(client, team, name));
  return [...ids];
}
