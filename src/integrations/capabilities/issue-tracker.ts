/** Issue tracker (project management), bound to one connection. */

/** A status whose category the provider does not tell stays unknown and counts as not done. */
export type TicketStatusCategory = 'open' | 'in-progress' | 'done' | 'unknown';

export interface TicketStatus {
  name: string;
  category: TicketStatusCategory;
}

export interface Ticket {
  /** What people call it, e.g. `APP-123`. */
  key: string;
  /** What the tracker's webhooks call it, where that is another name. */
  webhookKey?: string;
  title: string;
  status: TicketStatus;
  /** Page of the ticket. */
  url: string;
}

export interface NewTicket {
  /** Project key or id at the provider. */
  project: string;
  /** Issue type name. */
  type: string;
  title: string;
  /** Plain text; paragraphs separated by blank lines. Adapters turn it into the provider's own format. */
  description: string;
  labels: string[];
  /** Account id at the provider. */
  assignee?: string;
  /** Parent or epic key. */
  parent?: string;
  priority?: string;
  /** Ours, unique for this ticket, put where `findTicket` finds it. Matches `[a-z0-9-]{1,100}`. */
  marker: string;
}

/** A choice of a form: what to store, and what people read. */
export interface Choice {
  id: string;
  name: string;
}

export interface IssueTracker {
  /** How long after its creation a ticket may still be invisible to `findTicket`, milliseconds. */
  readonly searchVisibleWithinMs: number;
  findTicket(query: { project: string; marker: string }): Promise<Ticket | null>;
  /** Looks for the marker first; creates once. */
  ensureTicket(ticket: NewTicket): Promise<Ticket>;
  ticket(key: string): Promise<Ticket | null>;
  /** Moves the ticket to the status of that name; already there is success; no way there is `conflict` naming the ways there are. */
  setStatus(key: string, statusName: string): Promise<Ticket>;
  /** Adds a comment (plain text) once: `marker` ends its text and finds it again. An unknown ticket is `not-found`. */
  ensureComment(key: string, comment: { text: string; marker: string }): Promise<void>;
  /** Attaches a web address to the ticket, once per URL; the title of one that is there is brought in line. An unknown ticket is `not-found`. */
  ensureLink(key: string, link: { url: string; title: string }): Promise<void>;
  /**
   * Tickets of a project that belong to a version, to the last page: by the provider's own field for versions where it has one, else by a
   * label (tag) that is the version or `v` and the version.
   */
  ticketsOfVersion(query: { project: string; version: string }): AsyncIterable<Ticket>;
  /** For forms: `id` is what `NewTicket.project` takes. To the last page. */
  projects(): AsyncIterable<Choice>;
  /** For forms: `id` is what `NewTicket.type` takes. Empty where the provider knows no types. */
  types(project: string): Promise<Choice[]>;
  /** Every status that tickets of the project may have. */
  statuses(project: string): Promise<TicketStatus[]>;
  /** For forms: `id` is what `NewTicket.assignee` takes. People who can be assigned in the project, to the last page. */
  users(project: string): AsyncIterable<Choice>;
}
