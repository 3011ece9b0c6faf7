import type {
  AppStore,
  StoreApp,
  StoreBuild,
  StoreListing,
  StoreReleaseState,
  Submission,
} from '../../src/integrations/capabilities/app-store.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import type { AdapterHarness, ContractTests } from './adapter-harness.ts';

/** A release as the store's console shows it. */
export interface SeenRelease {
  buildNumbers: string[];
  /** By locale, those of people included. */
  notes: Record<string, string>;
  state: StoreReleaseState;
  /** How often it has been sent to review. */
  submissions: number;
  updatePriority: number | null;
}

/** What happens at the store without the adapter. */
export interface AppStoreWorld {
  /** Has a release that everybody gets, of a version before every one that tests use, and locales: at least two. */
  app: StoreApp;
  /** What `listing` is due to say of it. */
  expected: StoreListing;
  /** Another app of the account, without releases of its own. */
  otherApp: StoreApp;
  unknownApp: StoreApp;
  /** A locale (BCP 47) the app does not have. */
  unknownLocale: string;
  /** A build as the store has it once it was uploaded; `ready`, now, when nothing is said. */
  seedBuild(build: { version: string; buildNumber: string; uploadedAt?: string; state?: StoreBuild['state'] }): void;
  /** Every state that a release of ours can come to at this store, with fractions it can show; 'unknown' among them. */
  states: readonly StoreReleaseState[];
  /** People or the store bring our release there, whatever it takes. */
  moveTo(version: string, state: StoreReleaseState): void;
  /** Review lets it pass: it waits for us, or, where approval releases, goes out. */
  approve(version: string): void;
  reject(version: string, reason: string): void;
  /** What the store still prepares becomes visible. */
  settle(): void;
  /** Null where there is no such version, drafts of people included. */
  seen(version: string): SeenRelease | null;
  /** The release of before, which no call of ours may touch. */
  before(): SeenRelease | null;
  /** The calls by which the store is read, and the one that makes each effect. */
  endpoints: Record<'listing' | 'findBuild' | 'findRelease' | 'submit' | 'release' | 'halt' | 'resume' | 'complete', CallMatch>;
}

export type AppStoreHarness = AdapterHarness<AppStore, AppStoreWorld>;
export type AppStoreTests = ContractTests<AppStoreHarness>;

export const VERSION = '4.2.0';
export const BUILD = '4200';
export const NEXT_BUILD = '4201';
/** Also the first day of phased releases. */
export const FIRST_FRACTION = 0.01;

export const ours = ({ world }: AppStoreHarness, buildNumber: string | null = BUILD) => ({ app: world.app, version: VERSION, buildNumber });

export function submission(harness: { world: AppStoreWorld }, changes: Partial<Submission> = {}): Submission {
  const { app, expected } = harness.world;
  const notes = Object.fromEntries(expected.locales.map((locale) => [locale, `What is new, in ${locale}.\nSecond line & "more".`]));
  return { app, version: VERSION, buildNumber: BUILD, notes, gradually: { fraction: FIRST_FRACTION }, updatePriority: null, ...changes };
}

/** Ours, sent to review. */
export async function submitted(harness: AppStoreHarness, changes: Partial<Submission> = {}): Promise<void> {
  const wanted = submission(harness, changes);
  harness.world.seedBuild({ version: wanted.version, buildNumber: wanted.buildNumber });
  await harness.connect().ensureSubmitted(wanted);
}

/** Ours, approved, let out and on its way: `FIRST_FRACTION` of the users get it, or all. */
export async function released(harness: AppStoreHarness, changes: Partial<Submission> = {}): Promise<void> {
  await submitted(harness, changes);
  harness.world.approve(VERSION);
  await harness.connect().ensureReleased(ours(harness));
  harness.world.settle();
}

/** How often the call was made that has the effect. */
export function countOf({ world }: AppStoreHarness, endpoint: keyof AppStoreWorld['endpoints']): number {
  const { method, path } = world.endpoints[endpoint];
  return world.calls.filter(
    (call) =>
      (method === undefined || call.method === method) &&
      (path === undefined || (typeof path === 'string' ? path === call.path : path.test(call.path))),
  ).length;
}

export const stateOf = ({ world }: AppStoreHarness): StoreReleaseState['kind'] | null => world.seen(VERSION)?.state.kind ?? null;
