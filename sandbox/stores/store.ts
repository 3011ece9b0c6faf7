import type { ConnectionAccess } from '../hosts/host.ts';
import type { Webhooks, WebhookTarget } from '../webhooks.ts';

/** Where a team of the sandbox releases its app. */

/** One app on one track, as a store config says it. */
export interface StorePlace {
  target: 'PLAY_STORE' | 'APP_STORE';
  appId: string;
  track: string;
  uploadBy: 'CI' | 'SIGNALBOX';
}

export interface StoreAccess extends ConnectionAccess {
  place: StorePlace;
  /** How the sample brings a release to everybody. */
  rolloutPlan: { kind: 'phased' } | { kind: 'staged'; steps: { percent: number; waitMinutes: number | null }[] };
}

/** A version in a store, in its own words. */
export interface StoreEffect {
  store: string;
  version: string;
  builds: string[];
  state: string;
  /** Of the users; null where the store does not count them. */
  percent: number | null;
  /** How often it was sent to review. */
  submissions: number;
}

/** What people do in a store's console to the version that is on its way, or out. */
export type ConsoleAct =
  | { do: 'halt' | 'resume' }
  /** To this percent of the users; 100 = everybody. Stores with days of their own know 100 alone. */
  | { do: 'raise'; percent: number };

/** A team's app in one store. */
export interface StoreHost {
  access: StoreAccess;
  all(): StoreEffect[];
  /** CI has uploaded a build. */
  upload(build: { version: string; number: string; content: Uint8Array }): void;
  /** Versions that a reviewer has not decided yet. */
  underReview(): string[];
  approve(version: string): void;
  reject(version: string, reason: string): void;
  /** Reasons that people have asked for: each turns down one version, the first one first. */
  readonly rejections: string[];
  /** @throws ConsoleRefusal saying why the console does not offer it */
  inConsole(version: string, act: ConsoleAct): void;
  /** What the store prepares is done. */
  settle(): void;
  /** For stores that roll out by days of their own. */
  nextDay(): void;
  /** As of `TrackerHost`. */
  point(targets: readonly WebhookTarget[]): Promise<void>;
}

/** Whose app it is. */
export interface StoreTeam {
  /** `Acme` */
  name: string;
  /** `acme` */
  owner: string;
  webhooks: Webhooks;
}

/** `com.acme.shop`, which both stores take. */
export const appIdOf = (owner: string): string => `com.${owner.replace(/[^a-z0-9]/g, '_').replace(/^(?=\d)/, 't')}.shop`;

/** What everybody has installed. */
export const RELEASED = { version: '1.3.0', number: '1300' } as const;
export const locales = ['en-US', 'de-DE'] as const;
