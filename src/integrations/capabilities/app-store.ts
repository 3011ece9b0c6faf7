/*
 * A store that apps are released in, bound to one connection. A store release is one version of one app on one track. What a store lacks is a
 * capability its provider does not declare: see `staged-rollout`, `store-upload`, `submission-withdrawal`, `app-catalogue`.
 */

/** One app on one track. */
export interface StoreApp {
  /** As people know it: the bundle id or package name. */
  appId: string;
  /** The track as the store names it; stores with one track ignore it. */
  track: string;
}

export interface StoreBuild {
  /** At the provider. */
  id: string;
  /** Marketing version; null where the store does not tell. */
  version: string | null;
  /** What the store tells builds of one version apart by. */
  buildNumber: string;
  /** ISO 8601; null where the store does not tell. */
  uploadedAt: string | null;
  state:
    | { kind: 'processing' }
    | { kind: 'ready' }
    /** The store will not take it; it needs another build. */
    | { kind: 'refused'; reason: string }
    | { kind: 'expired' }
    | { kind: 'unknown'; raw: string };
}

export interface StoreBuildQuery {
  app: StoreApp;
  version: string;
  /** The build of exactly this number; null = whichever fits the rest, the newest of several. */
  buildNumber: string | null;
  /** SHA-256 of the file, lower-case hexadecimal, where it is known: stores that keep it are asked by it. */
  sha256: string | null;
  /** ISO 8601: builds uploaded before are another's. Stores that do not tell when ignore it. */
  uploadedSince: string | null;
}

export type StoreReleaseState =
  /** Not sent to review. */
  | { kind: 'draft' }
  | { kind: 'in-review' }
  | { kind: 'rejected'; reason: string | null }
  /** Taken back from review by a person. */
  | { kind: 'withdrawn' }
  /** Passed review; nobody gets it before `ensureReleased`. */
  | { kind: 'approved' }
  /** Released, and the store still prepares it. */
  | { kind: 'processing' }
  /** Some users get it: `fraction` of them, 0 < fraction < 1. */
  | { kind: 'rolling-out'; fraction: number }
  /** Nobody new gets it; `fraction` of the users had been offered it, 0 < fraction ≤ 1. */
  | { kind: 'halted'; fraction: number }
  /** Everybody gets it. */
  | { kind: 'live' }
  /** A later version took its place. */
  | { kind: 'superseded' }
  /** A state nobody mapped; it counts as none of the others. */
  | { kind: 'unknown'; raw: string };

export interface StoreRelease {
  /** At the provider. */
  id: string;
  version: string;
  buildNumbers: string[];
  state: StoreReleaseState;
  /** Page of it in the store's console. */
  url: string | null;
}

/** Which release: `buildNumber`, where it is known, decides for stores whose releases need not be called by their version. */
export interface StoreReleaseQuery {
  app: StoreApp;
  version: string;
  buildNumber: string | null;
}

export interface Submission {
  app: StoreApp;
  version: string;
  /** A build that is `ready`. */
  buildNumber: string;
  /** What is new, by locale (BCP 47), within `maxNotesChars`. Locales the app does not have are `invalid`. */
  notes: Readonly<Record<string, string>>;
  /** Gradually instead of to everybody at once: the first fraction, 0 < fraction < 1; stores with days of their own take theirs. */
  gradually: { fraction: number } | null;
  /** 0 to 5, how urgently running apps offer the update; null = the store's default. Stores without it ignore it. */
  updatePriority: number | null;
}

/** What plans and forms are checked against. */
export interface StoreAbilities {
  rollout: /** Any growing fraction, set by us. */
    | { kind: 'staged' }
    /** The store's own days: percent of users on each. */
    | { kind: 'phased'; dailyPercents: readonly number[] };
  /** Whether a release that everybody gets can be halted. */
  haltsLive: boolean;
  /** Whether an approved release waits for `ensureReleased`; otherwise approval releases it. */
  releasesOnRequest: boolean;
  updatePriority: boolean;
  /** Of the notes of one locale. */
  maxNotesChars: number;
}

export interface StoreListing {
  name: string;
  /** Locales (BCP 47) that notes can be given for; the first is the default. */
  locales: string[];
  tracks: string[];
}

/**
 * Every method that writes looks first and is safe to repeat: it answers with the release as the store shows it afterwards. A step that the
 * release's state does not allow is `conflict`; what does not exist is `not-found` to writers and null to readers.
 */
export interface AppStore {
  readonly abilities: StoreAbilities;
  /** null = the app does not exist, or the credentials may not see it. */
  listing(app: StoreApp): Promise<StoreListing | null>;
  findBuild(query: StoreBuildQuery): Promise<StoreBuild | null>;
  /** How long after its upload a build may still be missing from `findBuild`, milliseconds. */
  readonly buildVisibleWithinMs: number;
  findRelease(query: StoreReleaseQuery): Promise<StoreRelease | null>;
  /**
   * Sends the version to review with this build and these notes. One that is under review, approved or further with this build stays as it is; a rejected or
   * withdrawn one is brought in line and submitted again; another build of the same version under review is `conflict`.
   */
  ensureSubmitted(submission: Submission): Promise<StoreRelease>;
  /** Lets an approved version out, gradually if it was submitted so. */
  ensureReleased(query: StoreReleaseQuery): Promise<StoreRelease>;
  /** Nobody new gets it. */
  halt(query: StoreReleaseQuery): Promise<StoreRelease>;
  /** Goes on from where it was halted. */
  resume(query: StoreReleaseQuery): Promise<StoreRelease>;
  /** Everybody gets it now. */
  complete(query: StoreReleaseQuery): Promise<StoreRelease>;
}
