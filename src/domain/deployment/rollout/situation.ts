import type { Verdict } from '../../analysis/judge-metric.ts';
import type { Probe } from '../health.ts';
import type { RolloutProgram } from './program.ts';
import type { ServiceRolloutAct, ServiceRolloutState } from './rollout.ts';

/** What one side shows, compared with the workload that is to run there. */
export interface SideSeen {
  /** `other`: something else was asked for last. `unknown`: it could not be told; it counts as none of the others. */
  state: 'absent' | 'other' | 'progressing' | 'ready' | 'failed' | 'unknown';
  /** For people. */
  why: string | null;
}

/** What the router shows, read back. */
export interface RouteSeen {
  /** Of the new version, whole percent; null = it shows none that can be told. */
  weight: number | null;
  /** Requests that go somewhere by a header. */
  headerRoute: { header: string; value: string } | null;
  why: string | null;
}

export interface AnalysisSeen {
  verdict: Verdict;
  /** For people: what the verdict rests on. */
  reason: string;
  /** Milliseconds since the epoch; null = nothing is measured any more. */
  nextLookAt: number | null;
}

export interface WindowsSeen {
  /** Whether exposure may grow now. */
  allowed: boolean;
  /** Names of the windows that forbid it. */
  blocking: readonly string[];
  /** Milliseconds since the epoch; null = not by itself. */
  nextChangeAt: number | null;
  /** What becomes of what is under way while they are closed. */
  onClose: 'finish' | 'pause' | 'abort';
}

/** What is known when a rollout is looked at. */
export interface ServiceRolloutSituation {
  state: ServiceRolloutState;
  program: RolloutProgram;
  /** Where the new version runs. */
  side: SideSeen;
  /** Where the old one runs; null = there is none. */
  oldSide: SideSeen | null;
  /** null = no router. */
  route: RouteSeen | null;
  probes: readonly Probe[];
  /** By key, see `analysesOf`; one that is not there has not begun. */
  analyses: ReadonlyMap<string, AnalysisSeen>;
  windows: WindowsSeen;
  /** Whether people have paused the deployment: nothing may reach more users meanwhile. */
  held: boolean;
  /** What the driver said when it refused the last act for good; null = it did not. */
  refused: string | null;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Something history keeps beside the changed fields. */
export type ServiceRolloutEvent =
  /** Others changed the weights: they are put right. */
  { kind: 'drifted'; from: number; to: number };

export type ServiceRolloutWait =
  | { for: 'time'; until: number; why: string }
  /** A person takes it on; `until` = when it is aborted without one. */
  | { for: 'person'; until: number | null; why: string }
  | { for: 'window'; until: number | null; why: string }
  /** The driver, or the router, does something or shows something that can be told. */
  | { for: 'driver'; why: string }
  | { for: 'health'; until: number; why: string }
  | { for: 'analysis'; until: number; why: string };

export interface ServiceRolloutDecision {
  /** To be written before anything is done. */
  state: ServiceRolloutState;
  events: readonly ServiceRolloutEvent[];
  /** To be done then, and to be looked at again. */
  act: ServiceRolloutAct | null;
  /** What is waited for; null = nothing: there is something to do, or it is over. */
  wait: ServiceRolloutWait | null;
  /** Why it cannot go on by itself; null = it can. */
  failure: string | null;
}
