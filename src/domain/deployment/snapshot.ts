import type { Revision, Side, Weights } from './vocabulary.ts';

/** How one service stood before a deployment changed anything. */
export interface ServiceSnapshot {
  serviceId: string;
  name: string;
  /** What ran; null = nothing of it was known to. */
  installed: {
    revision: Revision;
    configVersion: string;
    side: Side;
    healthy: boolean;
    /** Which deployment had left it, and of which service release. */
    deploymentId: string;
    serviceReleaseId: string | null;
  } | null;
  /** As its driver showed both sides; null = it has none, but a store. */
  sides: Record<
    Side,
    { state: string; digest: string | null; configVersion: string | null; replicas: { wanted: number; ready: number } | null }
  > | null;
  /** As its store showed it; absent = it has none. */
  store?: TrackSnapshot;
  /** As its router showed them; null = it has none, or it could not tell. */
  weights: Weights | null;
  /** HMAC fingerprints of its secrets, by name. */
  secrets: Readonly<Record<string, string>>;
  /** The last migration its artifact brought; null = none. */
  schemaVersion: string | null;
  /** Commit of what ran. */
  commit: string | null;
}

/** What a store showed of a service on its track: of what was out, and of what is to come; null = it showed nothing, or nothing was known. */
export interface TrackSnapshot {
  appId: string;
  track: string;
  installed: ShownOnTrack | null;
  wanted: ShownOnTrack | null;
}

interface ShownOnTrack {
  version: string;
  buildNumbers: readonly string[];
  state: string;
  /** Share of the users, 0 to 1; null = its state says. */
  fraction: number | null;
}

/** The content of `snapshots`, immutable and hashed. */
export interface Snapshot {
  services: readonly ServiceSnapshot[];
}

/** For people: what is said of a service that is brought back after the values of its config version were forgotten. */
export const todaysValues = 'its variables have the values of today: those of then are not kept any more';

/** A snapshot that a rollback may go back to. */
export interface SnapshotCandidate {
  id: string;
  deploymentId: string;
  services: readonly Pick<ServiceSnapshot, 'serviceId' | 'name' | 'installed'>[];
}

/** As many of an environment's snapshots, the newest, a way back may lead to. */
export const SNAPSHOTS_LOOKED_BACK = 50;

/** What was rolled back in an environment: nobody goes back to it. */
export interface Rejected {
  serviceReleaseIds: readonly string[];
  artifactIds: readonly string[];
}

/**
 * The newest snapshot in which each of these services ran healthily, and none as part of something that was rejected.
 * @param candidates newest first, the deployment's own before all others
 */
export function chooseSnapshot(
  candidates: readonly SnapshotCandidate[],
  services: readonly { serviceId: string; name: string }[],
  rejected: Rejected,
): { snapshot: SnapshotCandidate } | { reasons: string[] } {
  const reasons = new Set<string>();
  for (const snapshot of candidates) {
    const against = services.flatMap((service) => reasonAgainst(snapshot, service, rejected));
    if (against.length === 0) return { snapshot };
    for (const reason of against) reasons.add(reason);
  }
  return { reasons: reasons.size === 0 ? ['no snapshot was taken before it'] : [...reasons] };
}

function reasonAgainst(
  snapshot: SnapshotCandidate,
  { serviceId, name }: { serviceId: string; name: string },
  rejected: Rejected,
): string[] {
  const installed = snapshot.services.find((service) => service.serviceId === serviceId)?.installed ?? null;
  if (installed === null) return [`nothing of ${name} is known to have run before`];
  if (!installed.healthy) return [`${name} ${installed.revision.version} was not healthy`];
  const isRejected =
    rejected.artifactIds.includes(installed.revision.artifactId) ||
    (installed.serviceReleaseId !== null && rejected.serviceReleaseIds.includes(installed.serviceReleaseId));
  return isRejected ? [`${name} ${installed.revision.version} was rolled back itself`] : [];
}
