import type { IssueTracker, NewTicket, Ticket } from '../../capabilities/issue-tracker.ts';
import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type JiraClient, jiraClient } from './client.ts';
import { jiraComments } from './comments.ts';
import type { JiraCredentials, JiraSettings } from './credentials.ts';
import { adfDocument } from './document.ts';
import { jqlString } from './jql.ts';
import { oneLine } from './one-line.ts';
import { jiraProjectLists } from './project-lists.ts';
import { jiraRemoteLinks } from './remote-links.ts';
import type { Issue } from './schema.ts';
import { statusOf } from './status.ts';

const provider = 'jira';

/**
 * The search index lags behind writes. Atlassian says of Cloud "a few seconds to minutes", most within seconds; Data Center replicates its
 * index between nodes in seconds.
 */
const SEARCH_LAG_MS = { cloud: 60_000, server: 15_000 };

/** The label under which a ticket of ours is found again. */
export function markerLabel(marker: string): string {
  return `signalbox-${marker}`;
}

export function jiraIssueTracker(connection: Connection<JiraCredentials, JiraSettings>, deps: AdapterDeps): IssueTracker {
  const client = jiraClient(connection, deps);
  const ticketOf = (issue: Issue): Ticket => ({
    key: issue.key,
    title: issue.fields.summary ?? '',
    status: statusOf(issue.fields.status),
    url: `${connection.baseUrl}/browse/${issue.key}`,
  });

  /** The oldest where there are several, so that everybody who looks settles on the same one. */
  async function findTicket(query: { project: string; marker: string }): Promise<Ticket | null> {
    const label = markerLabel(query.marker);
    const jql = `project = ${jqlString(query.project)} AND labels = ${jqlString(label)} ORDER BY created ASC, key ASC`;
    for await (const issue of client.search(jql)) if (carries(issue, label)) return ticketOf(issue);
    return null;
  }

  async function ensureTicket(ticket: NewTicket): Promise<Ticket> {
    const found = await findTicket(ticket);
    if (found) return found;
    const created = await client.createIssue(fieldsOf(ticket, client.kind));
    // Read by key: the search index may not know it yet, reads by key are never stale.
    const issue = await client.issue(created.key);
    if (!issue) {
      throw new ProviderError(
        'forbidden',
        `jira: issue ${created.key} was created but cannot be read: the account needs "Browse projects"`,
        { provider },
      );
    }
    if (!carries(issue, markerLabel(ticket.marker))) {
      throw new ProviderError(
        'conflict',
        `jira: issue ${created.key} was created but its label ${markerLabel(ticket.marker)} is gone: an automation rule removes labels`,
        { provider },
      );
    }
    return ticketOf(issue);
  }

  async function ticket(key: string): Promise<Ticket | null> {
    const issue = await client.issue(key);
    return issue && ticketOf(issue);
  }

  async function setStatus(key: string, statusName: string): Promise<Ticket> {
    const before = await required(key);
    if (sameName(before.status.name, statusName)) return before;
    const ways = (await client.transitions(key)).filter((way) => way.isAvailable !== false);
    const way = ways.find((candidate) => sameName(candidate.to.name, statusName));
    if (!way) {
      // Somebody may have moved it there between the two reads; from there Jira shows no way to itself.
      const now = await required(key);
      if (sameName(now.status.name, statusName)) return now;
      throw new ProviderError('conflict', `jira: ${noWay(now, statusName, ways)}`, { provider });
    }
    return transition(client, key, way.id, statusName, () => required(key));
  }

  async function required(key: string): Promise<Ticket> {
    const found = await ticket(key);
    if (!found) throw new ProviderError('not-found', `jira: issue ${key} does not exist or is not visible to the account`, { provider });
    return found;
  }

  return {
    searchVisibleWithinMs: SEARCH_LAG_MS[client.kind],
    findTicket,
    ensureTicket,
    ticket,
    setStatus,
    ...jiraComments(client),
    ...jiraRemoteLinks(client),
    ...jiraProjectLists(client, ticketOf),
  };
}

/** A refused transition is success when the ticket stands where it should: another caller took the same way first. */
async function transition(
  client: JiraClient,
  key: string,
  wayId: string,
  statusName: string,
  read: () => Promise<Ticket>,
): Promise<Ticket> {
  let refusal: ProviderError | null = null;
  try {
    await client.transition(key, wayId);
  } catch (error) {
    if (!(error instanceof ProviderError && (error.kind === 'conflict' || error.kind === 'invalid'))) throw error;
    refusal = error;
  }
  const after = await read();
  if (sameName(after.status.name, statusName)) return after;
  throw (
    refusal ??
    new ProviderError('conflict', `jira: ${key} is "${after.status.name}" although its transition to "${statusName}" succeeded`, {
      provider,
    })
  );
}

function noWay(ticket: Ticket, statusName: string, ways: { to: { name: string } }[]): string {
  const names = [...new Set(ways.map((way) => `"${way.to.name}"`))].join(', ');
  return `${ticket.key} is "${ticket.status.name}" and has no transition to "${statusName}"; from there it can go to ${names || 'no other status'}`;
}

function fieldsOf(ticket: NewTicket, kind: JiraCredentials['kind']): Record<string, unknown> {
  const { project, type, description, labels, assignee, parent, priority, marker } = ticket;
  return {
    project: /^\d+$/.test(project) ? { id: project } : { key: project },
    issuetype: { name: type },
    summary: oneLine(ticket.title),
    // Jira refuses labels with blanks.
    labels: [
      ...new Set([...labels.map((label) => label.trim().replace(/\s+/g, '-')).filter((label) => label !== ''), markerLabel(marker)]),
    ],
    ...(description.trim() !== '' && { description: kind === 'cloud' ? adfDocument(description) : description }),
    ...(assignee !== undefined && { assignee: kind === 'cloud' ? { accountId: assignee } : { name: assignee } }),
    ...(parent !== undefined && { parent: { key: parent } }),
    ...(priority !== undefined && { priority: { name: priority } }),
  };
}

function carries(issue: Issue, label: string): boolean {
  return issue.fields.labels?.includes(label) ?? false;
}

function sameName(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}
