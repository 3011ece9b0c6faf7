import type { Choice, IssueTracker, Ticket, TicketStatus } from '../../integrations/capabilities/issue-tracker.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { invalid, notFound, type Problem } from '../service-error.ts';
import { askProvider, type ListQuery, lacks, type ProviderList, take } from './ask-provider.ts';
import type { OpenConnection } from './connect.ts';

type Deps = Pick<ServiceDeps, 'db' | 'connector'>;

/** What a person may choose from while filling in a project management config, and which tickets a version has, as the tracker tells it now. */

interface TrackerListQuery extends ListQuery {
  project?: string | undefined;
}

interface VersionTicketQuery extends TrackerListQuery {
  version?: string | undefined;
}

export function listTrackerProjects(deps: Deps, caller: Caller, id: string, query: ListQuery): Promise<ProviderList<Choice>> {
  return ask(deps, caller, id, (tracker) => take(tracker.projects(), query, byName));
}

/** @throws ServiceError not-found for an unknown project, as the others below */
export function listTicketTypes(deps: Deps, caller: Caller, id: string, query: TrackerListQuery): Promise<ProviderList<Choice>> {
  return inProject(deps, caller, id, query, async (tracker, project) => take(await tracker.types(project), query, byName));
}

export function listTicketStatuses(deps: Deps, caller: Caller, id: string, query: TrackerListQuery): Promise<ProviderList<TicketStatus>> {
  return inProject(deps, caller, id, query, async (tracker, project) => take(await tracker.statuses(project), query, byName));
}

/** People that tickets of the project can be given to. `q` is part of their name. */
export function listTrackerUsers(deps: Deps, caller: Caller, id: string, query: TrackerListQuery): Promise<ProviderList<Choice>> {
  return inProject(deps, caller, id, query, (tracker, project) => take(tracker.users(project), query, byName));
}

/** `q` is part of key or title. */
export function listTicketsOfVersion(
  deps: Deps,
  caller: Caller,
  id: string,
  query: VersionTicketQuery,
): Promise<ProviderList<Omit<Ticket, 'webhookKey'>>> {
  const { project, version } = query;
  return ask(deps, caller, id, async (tracker) => {
    if (project === undefined || version === undefined) {
      throw invalid([
        ...(project === undefined ? [noProject] : []),
        ...(version === undefined ? [{ field: '?version', message: 'is needed: a version, e.g. 1.4.0' }] : []),
      ]);
    }
    const tickets = tracker.ticketsOfVersion({ project, version });
    const { items, truncated } = await known(project, () => take(tickets, query, ({ key, title }) => `${key}\n${title}`));
    return { items: items.map(({ key, title, status, url }) => ({ key, title, status, url })), truncated };
  });
}

const noProject: Problem = { field: '?project', message: 'is needed: the id of a project' };
const byName = ({ name }: { name: string }): string => name;

function inProject<T>(
  deps: Deps,
  caller: Caller,
  id: string,
  { project }: TrackerListQuery,
  question: (tracker: IssueTracker, project: string) => Promise<T>,
): Promise<T> {
  return ask(deps, caller, id, async (tracker) => {
    if (project === undefined) throw invalid([noProject]);
    return known(project, () => question(tracker, project));
  });
}

/** @throws ServiceError not-found where the tracker knows no such project */
async function known<T>(project: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found') throw notFound(`The project ${project}`);
    throw error;
  }
}

const ask = <T>(deps: Deps, caller: Caller, id: string, question: (tracker: IssueTracker) => Promise<T>): Promise<T> =>
  askProvider(deps, caller, { category: 'project-management', id, permission: 'config:write' }, (open) => question(trackerOf(open)));

function trackerOf({ provider, connection, deps }: OpenConnection): IssueTracker {
  const tracker = provider.issueTracker?.(connection, deps);
  if (tracker === undefined) throw lacks(provider, 'issue tracker');
  return tracker;
}
