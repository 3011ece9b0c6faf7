import type { TicketStatus, TicketStatusCategory } from '../../capabilities/issue-tracker.ts';
import type { Status } from './schema.ts';

export function statusOf(status: Status): TicketStatus {
  return { name: status.name, category: categoryOf(status.statusCategory?.key) };
}

/** Jira has four categories for all its statuses; `undefined` ("No Category") is one of them. */
function categoryOf(key: string | undefined): TicketStatusCategory {
  switch (key) {
    case 'new':
      return 'open';
    case 'indeterminate':
      return 'in-progress';
    case 'done':
      return 'done';
    default:
      return 'unknown';
  }
}
