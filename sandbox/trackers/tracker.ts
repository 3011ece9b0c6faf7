import type { ConnectionAccess } from '../hosts/host.ts';
import type { Webhooks, WebhookTarget } from '../webhooks.ts';

/** Where a team of the sandbox keeps its tickets. */

export const trackerChoices = ['jira', 'linear', 'asana', 'monday', 'clickup'] as const;
export type TrackerChoice = (typeof trackerChoices)[number];

/** Where release tickets go, as a tracker config says it. */
export interface TicketPlace {
  project: string;
  issueType: string;
  completedStatus: string;
}

export interface TrackerAccess extends ConnectionAccess {
  place: TicketPlace;
}

export interface TicketEffect {
  key: string;
  title: string;
  status: string;
  labels: string[];
  /** By what Signalbox finds its ticket again, as this tracker keeps it; null where a person made the ticket. */
  mark: string | null;
}

/** A team's project at one tracker. */
export interface TrackerHost {
  access: TrackerAccess;
  /** What the team calls the states that a release ticket goes through. */
  states: { open: string; started: string; done: string };
  all(): TicketEffect[];
  /** As a person moves it, in this tracker's own words; webhooks are told. */
  move(key: string, status: string): void;
  /**
   * Webhooks that a person has set up here, with this secret; those made through the tracker's API stay.
   * @throws Error where the tracker asks the address first and it does not answer
   */
  point(targets: readonly WebhookTarget[]): Promise<void>;
}

/** Whose project it is. */
export interface TrackerTeam {
  /** `Acme` */
  name: string;
  /** `acme` */
  owner: string;
  /** `SHOP` */
  key: string;
  webhooks: Webhooks;
}

/** What every team has in its project before anything happens. */
export const olderTickets = [
  { title: 'Vouchers can be stacked', type: 'Story', state: 'started' },
  { title: 'Order list is slow with many orders', type: 'Bug', state: 'done' },
  { title: 'Guest checkout', type: 'Epic', state: 'started' },
] as const;
