import type { IssueTracker, NewTicket, Ticket } from '../../capabilities/issue-tracker.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { clickupClient } from './client.ts';
import { type ClickupConnection, PROVIDER } from './identity.ts';
import { listId, newTask } from './new-task.ts';
import { projectLists } from './project-lists.ts';
import { clickupRemarks } from './remarks.ts';
import type { Task } from './schema.ts';
import { sameName, statusOf } from './status.ts';
import { carries, ensureTags, markerTag, tagName } from './tags.ts';
import { taskLookup } from './task-lookup.ts';
import { clickupWorkspace } from './workspace.ts';

/** ClickUp promises nothing about when a new task is in the answers to queries; in practice it is there at once or within seconds. */
const SEARCH_LAG_MS = 30_000;

export function clickupIssueTracker(connection: ClickupConnection, deps: AdapterDeps): IssueTracker {
  const client = clickupClient(connection, deps);
  const workspace = clickupWorkspace(connection, client);
  const lookup = taskLookup(client, workspace);

  /** The oldest where there are several, so that everybody who looks settles on the same one. */
  async function findTicket({ project, marker }: { project: string; marker: string }): Promise<Ticket | null> {
    const tag = markerTag(marker);
    let oldest: Task | null = null;
    for await (const task of client.tasksTagged(listId(project), tag)) {
      if (carries(task, tag) && (oldest === null || isOlder(task, oldest))) oldest = task;
    }
    return oldest && ticketOf(oldest);
  }

  async function ensureTicket(ticket: NewTicket): Promise<Ticket> {
    const found = await findTicket(ticket);
    if (found) return found;
    const list = await client.list(listId(ticket.project));
    const body = await newTask(ticket, { client, workspace, lookup });
    await ensureTags(client, list.space.id, body.tags);
    const created = await client.createTask(list.id, body);
    if (carries(created, markerTag(ticket.marker))) return ticketOf(created);
    const task = await lookup.required(created.id);
    if (carries(task, markerTag(ticket.marker))) return ticketOf(task);
    throw conflict(
      `task ${created.id} was created without its tag ${markerTag(ticket.marker)}, by which it would be found again: switch on the Tags ClickApp of its Space, and see that no automation removes the tag`,
    );
  }

  async function ticket(key: string): Promise<Ticket | null> {
    const task = await lookup.find(key);
    return task && ticketOf(task);
  }

  async function setStatus(key: string, statusName: string): Promise<Ticket> {
    const before = await lookup.required(key);
    if (sameName(before.status.status, statusName)) return ticketOf(before);
    const statuses = (await client.list(before.list.id)).statuses ?? [];
    const target = statuses.find(({ status }) => sameName(status, statusName));
    if (!target) {
      const names = statuses.map(({ status }) => `"${status}"`).join(', ');
      throw conflict(`${keyOf(before)} is "${before.status.status}" and its List has no status "${statusName}"; it has ${names || 'none'}`);
    }
    const answer = await client.setStatus(before.id, target.status);
    if (sameName(answer.status.status, statusName)) return ticketOf(answer);
    // ClickUp often answers with the task as it was.
    const after = await lookup.required(before.id);
    if (sameName(after.status.status, statusName)) return ticketOf(after);
    throw conflict(`${keyOf(after)} is "${after.status.status}" although its move to "${target.status}" succeeded`);
  }

  /** Two queries, for ClickUp does not say whether two tags mean both or either. */
  async function* ticketsOfVersion({ project, version }: { project: string; version: string }): AsyncGenerator<Ticket> {
    const given = new Set<string>();
    const name = tagName(version);
    for (const tag of name === '' ? [] : [name, `v${name}`]) {
      for await (const task of client.tasksTagged(listId(project), tag)) {
        if (given.has(task.id) || !carries(task, tag)) continue;
        given.add(task.id);
        yield ticketOf(task);
      }
    }
  }

  return {
    searchVisibleWithinMs: SEARCH_LAG_MS,
    findTicket,
    ensureTicket,
    ticket,
    setStatus,
    ticketsOfVersion,
    ...clickupRemarks(client, lookup),
    ...projectLists(client, workspace),
  };
}

function ticketOf(task: Task): Ticket {
  const { id, name: title, status, url } = task;
  // Webhooks know no custom ids.
  return { key: keyOf(task), title, status: statusOf(status), url, ...(keyOf(task) === id ? {} : { webhookKey: id }) };
}

/** The custom id where the Workspace has them: that is what people read and say. */
function keyOf(task: Task): string {
  return task.custom_id || task.id;
}

function isOlder(task: Task, than: Task): boolean {
  const difference = Number(task.date_created ?? 0) - Number(than.date_created ?? 0);
  return difference < 0 || (difference === 0 && task.id < than.id);
}

function conflict(words: string): ProviderError {
  return new ProviderError('conflict', `clickup: ${words}`, { provider: PROVIDER });
}
