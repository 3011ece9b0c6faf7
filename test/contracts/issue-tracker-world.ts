import type { Choice, IssueTracker, NewTicket, TicketStatus } from '../../src/integrations/capabilities/issue-tracker.ts';
import type { CallMatch, FakeRequest, FakeServer } from '../fakes/fake-server.ts';
import type { contractCases } from './contract-case.ts';

/** Which calls: by method and path, or, where one path serves everything, by what the body asks for. */
export type RequestMatch = CallMatch | ((request: Pick<FakeRequest, 'method' | 'path' | 'body'>) => boolean);

export interface IssueTrackerHarness {
  /** A subject bound to the harness's account, for one attempt. */
  connect(options?: { signal?: AbortSignal; timeoutMs?: number; wrongCredentials?: boolean }): IssueTracker;
  project: string;
  /** A second project of the account. */
  otherProject: string;
  type: string;
  /** Status names of the project. New tickets are `open`; no transition leads from `open` to `unreachable`. */
  statuses: { open: string; inProgress: string; done: string; withoutCategory: string; unreachable: string };
  /** Well formed and not there. */
  unknown: { ticket: string; project: string };
  world: IssueTrackerWorld;
  server: Pick<FakeServer, 'failNext' | 'calls'>;
  /** The requests by which the provider reads one ticket, searches, creates and moves one; by which a comment and a link are added. */
  requests: Record<'read' | 'search' | 'create' | 'move' | 'comment' | 'link', RequestMatch>;
  /** Entries of one page as the adapter gets them; `null` where the provider gives all at once. */
  pageSizes: Record<'comments' | 'ticketsOfVersion' | 'projects' | 'users', number | null>;
  /** How the provider words an error. */
  errorBody(words: string): unknown;
  secrets: string[];
  close(): Promise<void>;
}

/** The provider's side: what is there, and what people do without the adapter. */
export interface IssueTrackerWorld {
  setStatus(key: string, name: string): void;
  /** Keys of all tickets that carry the marker. */
  ticketsWith(marker: string): string[];
  title(key: string): string;
  /** Tickets created from now on are not found by searches until `catchUp`. */
  delaySearch(): void;
  catchUp(): void;
  /** The next searches give their matches on the page of that number, 1-based. */
  answerOnPage(page: number): void;
  /** As people read them, without formatting, oldest first. */
  comments(key: string): string[];
  /** Somebody else's comment. */
  addComment(key: string, text: string): void;
  links(key: string): { url: string; title: string }[];
  /** A link that somebody else attached. */
  addLink(key: string, link: { url: string; title: string }): void;
  /** A ticket of people in a version, as `ticketsOfVersion` understands it (made when it is new); its key. */
  addTicketOfVersion(ticket: { project: string; version: string; title: string }): string;
  /** What `projects`, `types`, `statuses` and `users` are due to say of this account and `project`. */
  projects(): Choice[];
  types(): Choice[];
  statuses(): TicketStatus[];
  users(): Choice[];
  /** So many more that the account sees, and that can be assigned in `project`. */
  addProjects(count: number): void;
  addUsers(count: number): void;
}

/** What each part of the suite works with. */
export interface IssueTrackerTests {
  guarantee: ReturnType<typeof contractCases>['guarantee'];
  /** Of the test that runs. */
  harness(): IssueTrackerHarness;
  wanted(changes?: Partial<NewTicket>): NewTicket;
}

export function countOf(harness: IssueTrackerHarness, match: RequestMatch): number {
  return harness.server.calls.filter((call) => matches(match, call)).length;
}

function matches(match: RequestMatch, call: Pick<FakeRequest, 'method' | 'path' | 'body'>): boolean {
  if (typeof match === 'function') return match(call);
  if (match.method !== undefined && match.method !== call.method) return false;
  return match.path === undefined || (typeof match.path === 'string' ? match.path === call.path : match.path.test(call.path));
}
