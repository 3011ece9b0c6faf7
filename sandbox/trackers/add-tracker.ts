import { chosen, type Fakes } from '../fakes.ts';
import { addAsanaProject } from './asana.ts';
import { addClickupList } from './clickup.ts';
import { addJiraProject } from './jira.ts';
import { addLinearTeam } from './linear.ts';
import { addMondayBoard } from './monday.ts';
import type { TrackerChoice, TrackerHost, TrackerTeam } from './tracker.ts';

/** The team's project at the tracker that was chosen. */
export function addTracker(fakes: Fakes, choice: TrackerChoice, team: TrackerTeam): TrackerHost {
  switch (choice) {
    case 'jira':
      return addJiraProject(fakes.jira, team);
    case 'linear':
      return addLinearTeam(chosen(fakes.linear), team);
    case 'asana':
      return addAsanaProject(chosen(fakes.asana), team);
    case 'monday':
      return addMondayBoard(chosen(fakes.monday), team);
    case 'clickup':
      return addClickupList(chosen(fakes.clickup), team);
    default:
      return choice satisfies never;
  }
}
