import type { IssueTracker, NewTicket, Ticket } from '../../capabilities/issue-tracker.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { asanaTrouble } from './asana-error.ts';
import { type AsanaClient, asanaClient } from './client.ts';
import { asanaComments } from './comments.ts';
import type { AsanaConnection } from './identity.ts';
import { asanaLinks } from './links.ts';
import { newTask, subtypeOf } from './new-task.ts';
import { asanaProjectLists } from './project-lists.ts';
import type { Task } from './schema.ts';
import { asanaStatusChange } from './set-status.ts';
import { externalId, ticketOf } from './ticket.ts';

/** Tasks are read by id and not searched for; a creation whose answer was lost may still be under way so long. */
const CREATION_MS = 10_000;

export function asanaIssueTracker(connection: AsanaConnection, deps: AdapterDeps): IssueTracker {
  const client = asanaClient(connection, deps);
  const { settings } = connection;

  async function findTicket({ project, marker }: { project: string; marker: string }): Promise<Ticket | null> {
    const found = await client.task(`external:${externalId(project, marker)}`);
    return found && ticketOf(found, settings, project);
  }

  async function ensureTicket(ticket: NewTicket): Promise<Ticket> {
    subtypeOf(ticket.type);
    const found = await findTicket(ticket);
    if (found) return found;
    const data = await newTask(client, ticket);
    const created = await create(client, data, () => findTicket(ticket));
    if ('key' in created) return created;
    if (created.external?.gid !== externalId(ticket.project, ticket.marker)) {
      throw asanaTrouble(
        'conflict',
        `task ${created.gid} was created, but Asana did not keep the external id by which it is found again: connect an OAuth app, and delete that task`,
      );
    }
    return ticketOf(created, settings, ticket.project);
  }

  return {
    searchVisibleWithinMs: CREATION_MS,
    findTicket,
    ensureTicket,
    async ticket(key) {
      const found = await readTask(client, key);
      return found && ticketOf(found, settings);
    },
    setStatus: asanaStatusChange(client, settings, async (key) => (await readTask(client, key)) ?? noTask(key)),
    ...asanaComments(client),
    ...asanaLinks(client),
    ...asanaProjectLists(client, settings),
  };
}

/** A key is a gid; `external:` and the like are names that nobody has given us. */
async function readTask(client: AsanaClient, key: string): Promise<Task | null> {
  return /^\d+$/.test(key) ? client.task(key) : null;
}

function noTask(key: string): never {
  throw asanaTrouble('not-found', `task ${key} does not exist or is not visible to the account`);
}

/** A refusal is success when the task is there: another caller created it, and external ids are unique. */
async function create(client: AsanaClient, data: Record<string, unknown>, find: () => Promise<Ticket | null>): Promise<Task | Ticket> {
  try {
    return await client.createTask(data);
  } catch (error) {
    if (!(error instanceof ProviderError && (error.kind === 'conflict' || error.kind === 'invalid'))) throw error;
    const found = await find();
    if (found) return found;
    throw error;
  }
}
