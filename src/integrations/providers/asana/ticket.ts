import type { Ticket } from '../../capabilities/issue-tracker.ts';
import type { AsanaSettings } from './identity.ts';
import type { Named, Task } from './schema.ts';
import { statusOf } from './status.ts';

/** Where a task stands for us; a task may be in several projects at once. */
export interface Home {
  project: string;
  section: Named | null;
}

/** The id under which a task of ours is found again: `external:` and this is a name of the task. */
export function externalId(project: string, marker: string): string {
  return `signalbox-${project}-${marker}`;
}

/**
 * Of a task's projects the one that was asked about, or that it was created in, or that the connection names, or the first; `null` for a
 * task in none.
 */
export function homeOf(task: Task, settings: AsanaSettings, project?: string): Home | null {
  const created = /^signalbox-(\d+)-/.exec(task.external?.gid ?? '')?.[1];
  const homes = task.memberships.flatMap(({ project: within, section }) =>
    within ? [{ project: within.gid, section: section ?? null }] : [],
  );
  const wanted = [project, created, settings.project].map((each) => homes.find((home) => home.project === each));
  return wanted.find((home) => home !== undefined) ?? homes[0] ?? null;
}

export function ticketOf(task: Task, settings: AsanaSettings, project?: string): Ticket {
  return {
    key: task.gid,
    title: task.name,
    status: statusOf(task, homeOf(task, settings, project)?.section ?? null, settings),
    url: task.permalink_url,
  };
}
