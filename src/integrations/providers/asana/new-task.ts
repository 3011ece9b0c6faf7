import type { Choice, NewTicket } from '../../capabilities/issue-tracker.ts';
import { asanaTrouble } from './asana-error.ts';
import type { AsanaClient } from './client.ts';
import { oneLine } from './one-line.ts';
import { sameName } from './status.ts';
import { ensureTags } from './tags.ts';
import { externalId } from './ticket.ts';

const MAX_NAME_CHARS = 1024;
const PRIORITY_FIELD = 'Priority';

/** The kinds of task that every project has. Custom types cannot be given when a task is created. */
export const TASK_TYPES: readonly Choice[] = [
  { id: 'default_task', name: 'Task' },
  { id: 'milestone', name: 'Milestone' },
  { id: 'approval', name: 'Approval' },
];

/** @throws ProviderError invalid for a type that Asana does not have */
export function subtypeOf(type: string): string {
  const found = TASK_TYPES.find(({ id, name }) => sameName(id, type) || sameName(name, type));
  if (found) return found.id;
  const names = TASK_TYPES.map(({ name }) => `"${name}"`).join(', ');
  throw asanaTrouble('invalid', `there is no task type "${type}"; there are ${names}`);
}

/** What creates the task; makes the tags that are missing. */
export async function newTask(client: AsanaClient, ticket: NewTicket): Promise<Record<string, unknown>> {
  const { project, assignee, parent, priority, marker } = ticket;
  const subtype = subtypeOf(ticket.type);
  const { workspace } = await client.project(project);
  const tags = await ensureTags(client, workspace.gid, ticket.labels);
  return {
    name: oneLine(ticket.title, MAX_NAME_CHARS),
    resource_subtype: subtype,
    projects: [project],
    external: { gid: externalId(project, marker) },
    ...(ticket.description.trim() !== '' && { notes: ticket.description }),
    ...(tags.length > 0 && { tags }),
    ...(assignee !== undefined && { assignee }),
    ...(parent !== undefined && { parent }),
    ...(priority !== undefined && { custom_fields: await priorityField(client, project, priority) }),
  };
}

/** Asana has no priority of its own; its templates have a custom field of that name. */
async function priorityField(client: AsanaClient, project: string, priority: string): Promise<Record<string, string>> {
  for await (const { custom_field: field } of client.customFields(project)) {
    if (!field.enum_options || !sameName(field.name, PRIORITY_FIELD)) continue;
    const options = field.enum_options.filter(({ enabled }) => enabled !== false);
    const option = options.find(({ name }) => sameName(name, priority));
    if (option) return { [field.gid]: option.gid };
    const names = options.map(({ name }) => `"${name}"`).join(', ');
    throw asanaTrouble('invalid', `the priority "${priority}" is none of project ${project}: ${names}`);
  }
  throw asanaTrouble('invalid', `project ${project} has no custom field "${PRIORITY_FIELD}" with choices; leave the priority empty`);
}
