/** What keeps a release from going on, and how it follows its ticket. */

export const blockerStatuses = ['OPEN', 'RESOLVED', 'WAIVED'] as const;
export type BlockerStatus = (typeof blockerStatuses)[number];

/** Who brought a blocker to its status. */
export const blockerSources = ['PERSON', 'TRACKER'] as const;
export type BlockerSource = (typeof blockerSources)[number];

/**
 * Whether a ticket stands in the way no more. Any ticket may block, with a workflow other than that of the release's own tickets: a status in
 * the tracker's category for done is enough, and so is the one that the config counts as done. What the tracker does not tell is not done.
 */
export function isTicketDone(status: { name: string; category: string }, completedStatuses: readonly string[]): boolean {
  return status.category === 'done' || completedStatuses.some((completed) => sameStatus(completed, status.name));
}

/**
 * What a look at the ticket does to its blocker; null = nothing. Only what changed since the last look counts: a person who resolves a blocker
 * whose ticket is open, or reopens one whose ticket is done, is not overruled before the ticket moves. A waived one is left to people.
 */
export function followTicket(blocker: { status: BlockerStatus; ticketDone: boolean }, isDone: boolean): 'resolve' | 'reopen' | null {
  if (blocker.ticketDone === isDone) return null;
  if (blocker.status === 'OPEN' && isDone) return 'resolve';
  return blocker.status === 'RESOLVED' && !isDone ? 'reopen' : null;
}

const sameStatus = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();
