import type { StoreRelease, StoreReleaseQuery } from '../../capabilities/app-store.ts';
import type { AppLookup } from './apps.ts';
import { ascTrouble, isConflict } from './asc-error.ts';
import type { AscClient } from './client.ts';
import type { PhasedRelease, Version } from './version.ts';
import { releaseState } from './version-state.ts';
import { findVersion, releaseOf } from './versions.ts';

/** "You can pause a phased release for a total of 30 days": however many pauses that are. */
const MAX_PAUSED_DAYS = 30;

/** What a step comes to: nothing is left to do, or the call that does it. */
type Step = (version: Version) => null | (() => Promise<unknown>);

/** Releasing an approved version, and its phased release. */
export function rollout(client: AscClient, apps: AppLookup) {
  /** Looks, does the step if anything is left of it, and answers with what Apple shows then. */
  async function take(query: StoreReleaseQuery, step: Step): Promise<StoreRelease> {
    const { id: appId } = await apps.read(query.app.appId);
    const look = async (): Promise<Version> => {
      const version = await findVersion(client, appId, query.version);
      if (version) return version;
      throw ascTrouble('not-found', `the app has no version ${query.version}`);
    };
    const before = await look();
    const call = step(before);
    if (call === null) return releaseOf(appId, before);
    try {
      await call();
    } catch (error) {
      if (!isConflict(error)) throw error;
      // Somebody else may have done it in the meantime.
      const now = await look();
      if (now.raw === before.raw && now.phased?.state === before.phased?.state) throw error;
      if (step(now) === null) return releaseOf(appId, now);
      throw error;
    }
    return releaseOf(appId, await look());
  }

  return {
    ensureReleased: (query: StoreReleaseQuery) =>
      take(query, (version) => {
        const { kind } = releaseState(version);
        if (kind === 'approved') return () => client.releaseVersion(version.id);
        if (['processing', 'rolling-out', 'halted', 'live', 'superseded'].includes(kind)) return null;
        throw notNow(version, 'only a version that passed review can be released');
      }),
    halt: (query: StoreReleaseQuery) =>
      take(query, (version) => {
        const { kind } = releaseState(version);
        if (kind === 'halted') return null;
        if (kind === 'live') throw notNow(version, 'everybody gets it, and the App Store can pause a phased release only');
        const { id, pausedDays } = phasedOf(version, kind === 'rolling-out');
        if (pausedDays >= MAX_PAUSED_DAYS) {
          throw notNow(version, `its phased release was paused for ${pausedDays} days already, and Apple allows ${MAX_PAUSED_DAYS} in all`);
        }
        return () => client.setPhasedRelease(id, 'PAUSED');
      }),
    resume: (query: StoreReleaseQuery) =>
      take(query, (version) => {
        const { kind } = releaseState(version);
        if (kind === 'rolling-out' || kind === 'live') return null;
        const { id } = phasedOf(version, kind === 'halted');
        return () => client.setPhasedRelease(id, 'ACTIVE');
      }),
    complete: (query: StoreReleaseQuery) =>
      take(query, (version) => {
        const { kind } = releaseState(version);
        if (kind === 'live') return null;
        const { id } = phasedOf(version, kind === 'rolling-out' || kind === 'halted');
        return () => client.setPhasedRelease(id, 'COMPLETE');
      }),
  };
}

function phasedOf(version: Version, isUnderWay: boolean): PhasedRelease {
  if (isUnderWay && version.phased) return version.phased;
  throw notNow(version, 'no phased release of it is under way');
}

function notNow({ version, raw }: Version, why: string) {
  return ascTrouble('conflict', `version ${version} is ${raw}: ${why}`);
}
