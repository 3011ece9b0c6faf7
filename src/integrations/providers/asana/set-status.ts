import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import { asanaTrouble } from './asana-error.ts';
import type { AsanaClient } from './client.ts';
import type { AsanaSettings } from './identity.ts';
import type { Named, Task } from './schema.ts';
import { COMPLETED, isDone, isRefused, sameName, sectionCategory } from './status.ts';
import { homeOf, ticketOf } from './ticket.ts';

/**
 * Moves the task to the section of that name; one that means done ticks its box too, one that means open or in progress clears it.
 * `Completed` ticks the box and moves nothing, unless a section is called so. If the process dies between move and tick, the same call again
 * does the rest: such a task does not count as being there already.
 */
export function asanaStatusChange(
  client: AsanaClient,
  settings: AsanaSettings,
  read: (key: string) => Promise<Task>,
): IssueTracker['setStatus'] {
  /** The box that goes with a status; `null`: either. */
  const boxOf = (name: string): boolean | null => {
    const category = sectionCategory(name, settings);
    if (category === 'done' || sameName(name, COMPLETED)) return true;
    return category === 'unknown' ? null : false;
  };
  const isThere = (task: Task, name: string) =>
    sameName(ticketOf(task, settings).status.name, name) && (boxOf(name) !== true || isDone(task));

  async function sectionFor(task: Task, name: string): Promise<Named | null> {
    const home = homeOf(task, settings);
    const sections: Named[] = [];
    if (home) for await (const section of client.sections(home.project)) sections.push(section);
    const section = sections.find((each) => sameName(each.name, name));
    if (section || sameName(name, COMPLETED)) return section ?? null;
    const ways = [...new Set([...sections.map((each) => each.name), COMPLETED])].map((way) => `"${way}"`).join(', ');
    const is = ticketOf(task, settings).status.name;
    throw asanaTrouble('conflict', `task ${task.gid} is "${is}" and there is no section "${name}" to move it to; there are ${ways}`);
  }

  return async (key, statusName) => {
    const before = await read(key);
    if (isThere(before, statusName)) return ticketOf(before, settings);
    const section = await sectionFor(before, statusName);
    const box = boxOf(statusName);
    if (box === true && isRefused(before)) {
      throw asanaTrouble('conflict', `task ${key} is an approval that was refused (${before.approval_status}); a person must decide again`);
    }
    const moves = section !== null && section.gid !== homeOf(before, settings)?.section?.gid;
    if (moves) await client.moveToSection(section.gid, before.gid);
    const after = box !== null && box !== before.completed ? await client.completeTask(before.gid, box) : await read(key);
    if (isThere(after, statusName)) return ticketOf(after, settings);
    const is = ticketOf(after, settings).status.name;
    throw asanaTrouble(
      'conflict',
      `task ${key} is "${is}" although its move to "${statusName}" succeeded: a rule of the project moves it on`,
    );
  };
}
