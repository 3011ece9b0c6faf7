import type { TicketStatus, TicketStatusCategory } from '../../capabilities/issue-tracker.ts';
import type { AsanaSettings } from './identity.ts';
import type { Named, Task } from './schema.ts';

/** The status of a task that is completed and stands in no section that means done. */
export const COMPLETED = 'Completed';
/** The status of a task in no section. */
const INCOMPLETE = 'Incomplete';

type Sections = Pick<AsanaSettings, 'openSections' | 'inProgressSections' | 'doneSections'>;

/** Asana tells of a section nothing but its name; these are what its templates and most teams call theirs. */
const USUAL = {
  openSections: ['to do', 'to-do', 'todo', 'untitled section', 'backlog', 'new', 'open', 'not started', 'planned', 'up next'],
  inProgressSections: ['in progress', 'doing', 'started', 'in review', 'review', 'in testing', 'testing', 'in qa', 'qa'],
  doneSections: ['done', 'complete', 'completed', 'closed', 'finished', 'released', 'shipped'],
} as const;

/** What a section means, by its name; unknown for every other name. */
export function sectionCategory(name: string, settings: Sections): TicketStatusCategory {
  const isAmong = (key: keyof typeof USUAL) => (settings[key] ?? USUAL[key]).some((each) => sameName(each, name));
  if (isAmong('doneSections')) return 'done';
  if (isAmong('inProgressSections')) return 'in-progress';
  return isAmong('openSections') ? 'open' : 'unknown';
}

/**
 * Done is what Asana says is completed, wherever it stands. An approval that was rejected, or sent back, is completed to Asana and not done.
 * A task in a section that means done whose box nobody has ticked is neither done nor open: unknown.
 */
export function statusOf(task: Task, section: Named | null, settings: Sections): TicketStatus {
  const category = section === null ? 'unknown' : sectionCategory(section.name, settings);
  if (isDone(task)) return { name: section !== null && category === 'done' ? section.name : COMPLETED, category: 'done' };
  const name = section?.name ?? INCOMPLETE;
  return { name, category: isRefused(task) || category === 'done' ? 'unknown' : category };
}

export const isDone = (task: Task): boolean => task.completed && !isRefused(task);

/** Asana keeps `completed` true of these. */
export const isRefused = (task: Task): boolean => task.approval_status === 'rejected' || task.approval_status === 'changes_requested';

export function sameName(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}
