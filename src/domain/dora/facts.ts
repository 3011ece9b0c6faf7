import type { DeploymentKind, DeploymentOutcome } from '../deployment/vocabulary.ts';

/** A deployment that has ended and changed something. */
export interface EndedDeployment {
  id: string;
  kind: DeploymentKind;
  outcome: DeploymentOutcome;
  environmentId: string;
  /** What it changed, one or more. */
  serviceIds: readonly string[];
  /** When it was asked for. */
  createdAt: Date;
  /** When the first service was touched. */
  changedAt: Date;
  endedAt: Date;
  /** Of a ROLLBACK: the deployment it takes back. */
  revertsId: string | null;
  /** It was begun although something was not healthy, to mend that. */
  fixesForward: boolean;
}

/** A version of a service that reached an environment for the first time. */
export interface DeliveredChange {
  /** When its commit was made; null = unknown. */
  committedAt: Date | null;
  /** When the deployment that brought it had succeeded. */
  deliveredAt: Date;
}

/** From and including `from`, up to and without `to`. */
export interface Period {
  from: Date;
  to: Date;
}

export const isWithin = ({ from, to }: Period, at: Date) => at >= from && at < to;
