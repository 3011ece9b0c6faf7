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

export interface IssueTracker {
  /** How long after its creation a ticket may still be invisible to `findTicket`, milliseconds. */
  readonly searchVisibleWithinMs: number;
  findTicket(query: { project: string; marker: string }): Promise<Ticket | null>;
  /** Looks for the marker first; creates once. */
  ensureTicket(ticket: NewTicket): Promise<Ticket>;
  ticket(key: string): Promise<Ticket | null>;
  /** Moves the ticket to the status of that name; already there is success; no way there is `conflict` naming the ways there are. */
  setStatus(key: string, statusName: string): Promise<Ticket>;
}
