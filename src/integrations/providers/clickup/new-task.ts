import type { Choice, NewTicket } from '../../capabilities/issue-tracker.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { ClickupClient } from './client.ts';
import { PROVIDER } from './identity.ts';
import { oneLine } from './one-line.ts';
import { sameName } from './status.ts';
import { markerTag, tagName } from './tags.ts';
import type { TaskLookup } from './task-lookup.ts';
import type { ClickupWorkspace } from './workspace.ts';

/** A new task as ClickUp wants it. */

/** In every Workspace, and not always in its list of types. */
const BUILT_IN = [
  { id: 0, name: 'Task' },
  { id: 1, name: 'Milestone' },
];
const PRIORITIES = ['urgent', 'high', 'normal', 'low'];

interface Parts {
  client: ClickupClient;
  workspace: ClickupWorkspace;
  lookup: TaskLookup;
}

/** The project of a ticket is a List, named by its id. */
export function listId(project: string): string {
  if (/^\d{1,20}$/.test(project)) return project;
  throw invalid(`project "${project}" is not the id of a List (the digits after /li/ in its address)`);
}

export async function newTask(ticket: NewTicket, parts: Parts): Promise<Record<string, unknown> & { tags: string[] }> {
  const { title, description, labels, marker, assignee, parent, priority } = ticket;
  const tags = [...labels.map(tagName).filter((name) => name !== ''), markerTag(marker)];
  return {
    name: oneLine(title),
    custom_item_id: await typeId(ticket.type, parts),
    tags: [...new Set(tags)],
    notify_all: false,
    // The field for plain text: nothing in it is taken for Markdown.
    ...(description.trim() !== '' && { description }),
    ...(assignee !== undefined && { assignees: [userId(assignee)] }),
    ...(parent !== undefined && { parent: await parentId(parent, parts.lookup) }),
    ...(priority !== undefined && { priority: priorityNumber(priority) }),
  };
}

/** Types go by their names, which is what people choose them by. */
export async function taskTypes({ client, workspace }: Omit<Parts, 'lookup'>): Promise<Choice[]> {
  const { custom_items: own } = await client.taskTypes(await workspace.id());
  const builtIn = BUILT_IN.filter(({ id }) => own.every((type) => type.id !== id));
  return [...builtIn, ...own].map(({ name }) => ({ id: name, name }));
}

async function typeId(type: string, { client, workspace }: Parts): Promise<number> {
  const builtIn = BUILT_IN.find(({ name }) => sameName(name, type));
  if (builtIn) return builtIn.id;
  const { custom_items: own } = await client.taskTypes(await workspace.id());
  const found = own.find(({ name }) => sameName(name, type));
  if (found) return found.id;
  const names = [...BUILT_IN, ...own].map(({ name }) => `"${name}"`);
  throw invalid(`there is no task type "${type}"; the Workspace has ${[...new Set(names)].join(', ')}`);
}

async function parentId(parent: string, lookup: TaskLookup): Promise<string> {
  const found = await lookup.find(parent);
  if (found) return found.id;
  throw invalid(`the parent ${parent} does not exist or is not visible to the token`);
}

function userId(assignee: string): number {
  if (/^\d{1,15}$/.test(assignee)) return Number(assignee);
  throw invalid(`assignee "${assignee}" is not the id of a user (digits)`);
}

function priorityNumber(priority: string): number {
  const index = PRIORITIES.findIndex((name) => sameName(name, priority));
  if (index >= 0) return index + 1;
  throw invalid(`there is no priority "${priority}"; ClickUp has ${PRIORITIES.join(', ')}`);
}

function invalid(words: string): ProviderError {
  return new ProviderError('invalid', `clickup: ${words}`, { provider: PROVIDER });
}
