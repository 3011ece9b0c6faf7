/** A wake-up: "look at this row". It carries no truth; a lost one is rung again by the sweep, a doubled one finds the fence moved. */
export interface Wake {
  kind: 'task' | 'run' | 'delivery' | 'webhook' | 'blocker' | 'clean-up';
  queue: string;
  id: string;
  fence: number;
  tenantId: string;
  /** Place among the same tenant's due rows, 1 = first; tenants take turns by it. */
  rank?: number;
}

/** Rings, best effort: never throws, never blocks the caller. */
export type Ring = (wakes: readonly Wake[]) => void;
