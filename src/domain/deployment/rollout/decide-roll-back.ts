import { beginHealth, type HealthState, healthStanding, type Probe, recordProbes } from '../health.ts';
import type { HealthCheck } from '../target.ts';
import type { Side } from '../vocabulary.ts';
import { setsWeight } from './decisions.ts';
import type { ServiceRolloutAct } from './rollout.ts';
import type { RouteSeen, SideSeen } from './situation.ts';

/* One service's way back to what it ran before a deployment. Everything is told by looking, so that it may be begun anew at any point. */

export interface RollBackSituation {
  /** Where the deployment brought its version; equal to `old.side` where it took the old one's place. */
  to: Side;
  /** What ran before, and where; null = nothing. */
  old: { side: Side; seen: SideSeen } | null;
  /** What is on the deployment's own side. */
  next: SideSeen;
  /** Of the deployment's side; null = no router. One that could not be read is no router without weights. */
  route: (RouteSeen & { isRead: boolean }) | null;
  checks: readonly HealthCheck[];
  /** Kept from look to look. */
  progress: RollBackProgress;
  probes: readonly Probe[];
  readyWithinMs: number;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface RollBackProgress {
  /** Since when the old version is awaited; null = it is ready, or not asked for. */
  notReadySince: number | null;
  health: HealthState | null;
}

export interface RollBackDecision {
  progress: RollBackProgress;
  act: ServiceRolloutAct | null;
  /** When to look again, milliseconds since the epoch; null = when the driver shows something else. */
  until: number | null;
  why: string;
  isDone: boolean;
  failure: string | null;
}

/**
 * Pure. Where the old version still stands it gets all traffic first, read back; only then the new one is ended. Where it is gone it is brought again
 * before anything moves. In the end it must be healthy. Nothing here asks a window.
 */
export function decideRollBack(situation: RollBackSituation): RollBackDecision {
  const { old, to, next, route } = situation;
  const progress = learnt(situation);
  const known = { ...situation, progress };
  if (old !== null && old.side === to) return inPlace(known, old);
  if (old !== null && old.seen.state !== 'ready') return bring(known, old);
  const traffic = route === null ? null : moveTraffic(known, route);
  if (traffic !== null) return traffic;
  if (next.state === 'unknown') return waiting(progress, next.why ?? 'the driver shows nothing that can be told');
  if (next.state !== 'absent') return acting(progress, { do: 'remove', side: to }, 'the new version is ended');
  return old === null ? done(progress) : proveHealth(known);
}

function learnt({ old, checks, progress, probes, now }: RollBackSituation): RollBackProgress {
  if (old === null) return progress;
  if (old.seen.state !== 'ready') return { notReadySince: progress.notReadySince ?? now, health: null };
  return { notReadySince: null, health: recordProbes(progress.health ?? beginHealth(checks, now), probes) };
}

function inPlace(situation: RollBackSituation, old: NonNullable<RollBackSituation['old']>): RollBackDecision {
  if (old.seen.state !== 'ready') return bring(situation, old);
  const { route, to } = situation;
  if (route !== null && !route.isRead) return waiting(situation.progress, route.why ?? UNREAD);
  if (route !== null && route.weight !== null && route.weight !== 100) {
    return acting(situation.progress, setsWeight(to, 100), 'the traffic goes where the old version runs');
  }
  return proveHealth(situation);
}

/** Its deadline is that of any new version. */
function bring(
  { progress, readyWithinMs, now }: RollBackSituation,
  { side, seen }: NonNullable<RollBackSituation['old']>,
): RollBackDecision {
  const isLate = progress.notReadySince !== null && now >= progress.notReadySince + readyWithinMs;
  if (isLate) return failing(progress, `the old version is not ready in time: ${seen.why ?? seen.state}`);
  if (seen.state === 'absent' || seen.state === 'other' || seen.state === 'failed') {
    return acting(progress, { do: 'install', side }, 'the old version is brought back');
  }
  return waiting(progress, seen.why ?? 'the old version is on its way');
}

function moveTraffic(
  { to, old, progress }: RollBackSituation,
  { weight, headerRoute, isRead, why }: NonNullable<RollBackSituation['route']>,
): RollBackDecision | null {
  if (!isRead) return waiting(progress, why ?? UNREAD);
  // Without an old version nothing is behind the other side, and a router without weights sends nothing.
  if (weight === null) return old === null ? null : waiting(progress, why ?? 'the router shows no weights');
  if (weight !== 0) return acting(progress, setsWeight(to, 0), 'the traffic goes back to the old version');
  return headerRoute === null ? null : acting(progress, { do: 'set-header-route', route: null }, 'the header route is taken away');
}

function proveHealth({ checks, progress, now }: RollBackSituation): RollBackDecision {
  const standing = healthStanding(checks, progress.health ?? beginHealth(checks, now), now);
  if (standing.kind === 'healthy') return done(progress);
  if (standing.kind === 'failed') return failing(progress, `the old version is not healthy: ${standing.why}`);
  return { ...waiting(progress, 'the old version is probed'), until: standing.nextAt };
}

const UNREAD = 'the router could not be read';
const still = { act: null, until: null, isDone: false, failure: null } as const;
const waiting = (progress: RollBackProgress, why: string): RollBackDecision => ({ ...still, progress, why });
const acting = (progress: RollBackProgress, act: ServiceRolloutAct, why: string): RollBackDecision => ({ ...still, progress, act, why });
const done = (progress: RollBackProgress): RollBackDecision => ({ ...still, progress, why: 'it is back', isDone: true });
const failing = (progress: RollBackProgress, failure: string): RollBackDecision => ({ ...still, progress, why: failure, failure });
