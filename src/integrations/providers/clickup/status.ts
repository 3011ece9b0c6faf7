import type { TicketStatus } from '../../capabilities/issue-tracker.ts';

/** ClickUp's groups of statuses: Not started, Active, Done and Closed. */
export function statusOf({ status, type }: { status: string; type?: string | null | undefined }): TicketStatus {
  return { name: status, category: categoryOf(type) };
}

function categoryOf(type: string | null | undefined): TicketStatus['category'] {
  switch (type) {
    case 'open':
    case 'unstarted':
      return 'open';
    case 'custom':
      return 'in-progress';
    case 'done':
    case 'closed':
      return 'done';
    default:
      return 'unknown';
  }
}

export function sameName(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}
