import type { TicketStatus, TicketStatusCategory } from '../../capabilities/issue-tracker.ts';
import type { LinearState } from './schema.ts';

/** The types of Linear's workflow states, in the order of its boards. */
const types = ['triage', 'backlog', 'unstarted', 'started', 'completed', 'canceled', 'duplicate'];

export function statusOf(state: { name: string; type: string }): TicketStatus {
  return { name: state.name, category: categoryOf(state.type) };
}

/** Canceled and duplicate issues are closed, but nobody did them: unknown counts as not done. */
function categoryOf(type: string): TicketStatusCategory {
  switch (type) {
    case 'triage':
    case 'backlog':
    case 'unstarted':
      return 'open';
    case 'started':
      return 'in-progress';
    case 'completed':
      return 'done';
    default:
      return 'unknown';
  }
}

/** As Linear shows them: by type, then by position. */
export function inOrder(states: readonly LinearState[]): LinearState[] {
  const rank = ({ type }: LinearState) => (types.includes(type) ? types.indexOf(type) : types.length);
  return [...states].sort((left, right) => rank(left) - rank(right) || left.position - right.position);
}
