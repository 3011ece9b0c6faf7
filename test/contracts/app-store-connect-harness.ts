import { generateKeyPairSync } from 'node:crypto';
import type { StoreBuild, StoreReleaseState } from '../../src/integrations/capabilities/app-store.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import { ascAppCatalogue } from '../../src/integrations/providers/app-store-connect/app-catalogue.ts';
import { ascAppStore } from '../../src/integrations/providers/app-store-connect/app-store.ts';
import { type AscConnection, credentialsSchema } from '../../src/integrations/providers/app-store-connect/identity.ts';
import { ascSubmissionWithdrawal } from '../../src/integrations/providers/app-store-connect/submission-withdrawal.ts';
import { type AscApp, type AscFake, type AscVersion, ascKey, createAscFake } from '../fakes/app-store-connect/index.ts';
import { type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { AppCatalogueHarness } from './app-catalogue.contract.ts';
import type { AppStoreHarness, AppStoreWorld, SeenRelease } from './app-store-world.ts';
import type { SubmissionWithdrawalHarness } from './submission-withdrawal.contract.ts';

export const PRIVATE_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
export const CREDENTIALS = { issuerId: '57246542-96fe-1a63-e053-0824d011072a', keyId: '2X9R4HXF34', privateKey: PRIVATE_KEY };

const BEFORE = '4.1.0';
const PAGE_SIZE = 5;

export interface AscSetup {
  fake: AscFake;
  app: AscApp;
  otherApp: AscApp;
  observed: ProviderCall[];
  connection: AscConnection;
  deps: (options?: ConnectOptions) => ReturnType<typeof guardedDeps>;
}

export function connectionTo(origin: string, changes: Partial<typeof CREDENTIALS> = {}): AscConnection {
  return { id: 'con-1', baseUrl: origin, credentials: credentialsSchema.parse({ ...CREDENTIALS, ...changes }), settings: {} };
}

export async function ascSetup(): Promise<AscSetup> {
  const fake = await createAscFake({ keys: [ascKey(CREDENTIALS)], maxPageSize: PAGE_SIZE });
  const { world } = fake;
  // Its bundle id begins with that of the app: Apple's filter finds both.
  const otherApp = world.addApp({ bundleId: 'com.example.app.beta', name: 'Example Beta' });
  const app = world.addApp({ bundleId: 'com.example.app', name: 'Example' });
  const before = world.addVersion(app, BEFORE, { state: 'READY_FOR_DISTRIBUTION', locales: ['de-DE', 'en-US', 'ja'] });
  before.build = world.addBuild(app, { version: BEFORE, number: '4100' });
  const observed: ProviderCall[] = [];
  const deps = (options?: ConnectOptions) => guardedDeps('app-store-connect', observed, options);
  return { fake, app, otherApp, observed, connection: connectionTo(fake.origin), deps };
}

export async function ascHarness(): Promise<AppStoreHarness> {
  const setup = await ascSetup();
  return {
    connect: (options) => ascAppStore(setup.connection, setup.deps(options)),
    world: worldOf(setup),
    secret: PRIVATE_KEY,
    observed: setup.observed,
    close: () => setup.fake.close(),
  };
}

export async function ascWithdrawalHarness(): Promise<SubmissionWithdrawalHarness> {
  const setup = await ascSetup();
  return {
    connect: (options) => ascSubmissionWithdrawal(setup.connection, setup.deps(options)),
    world: {
      ...worldOf(setup),
      withdraws: { method: 'PATCH', path: /\/reviewSubmissions\/[^/]+$/ },
      store: ascAppStore(setup.connection, setup.deps()),
    },
    secret: PRIVATE_KEY,
    observed: setup.observed,
    close: () => setup.fake.close(),
  };
}

export async function ascCatalogueHarness(): Promise<AppCatalogueHarness> {
  const { fake, connection, deps, observed } = await ascSetup();
  const { calls, failNext, clearFaults, world } = fake;
  return {
    connect: (options) => ascAppCatalogue(connection, deps(options)),
    world: {
      ...{ calls, failNext, clearFaults },
      apps: () =>
        [...world.apps.values()].filter((app) => world.versionsOf(app).length > 0).map(({ bundleId, name }) => ({ appId: bundleId, name })),
      addApps(count) {
        for (let index = 0; index < count; index += 1) {
          const app = world.addApp({ bundleId: `com.example.n${index}`, name: `App ${index}` });
          // One in four is for the Mac alone.
          if (index % 4 !== 3) world.addVersion(app, '1.0');
        }
        for (let index = 0; index < count; index += 4) world.addVersion(world.addApp({ bundleId: `com.example.more${index}` }), '1.0');
      },
      pageSize: PAGE_SIZE,
      endpoints: { apps: { method: 'GET', path: '/v1/apps' } },
    },
    secret: PRIVATE_KEY,
    observed,
    close: () => fake.close(),
  };
}

/** What Apple calls each state; told apart further by the phased release. */
const rawStates: readonly (readonly [string, StoreReleaseState['kind']])[] = [
  ['PREPARE_FOR_SUBMISSION', 'draft'],
  ['READY_FOR_REVIEW', 'draft'],
  ['WAITING_FOR_REVIEW', 'in-review'],
  ['REJECTED', 'rejected'],
  ['DEVELOPER_REJECTED', 'withdrawn'],
  ['PENDING_DEVELOPER_RELEASE', 'approved'],
  ['PROCESSING_FOR_DISTRIBUTION', 'processing'],
  ['REPLACED_WITH_NEW_VERSION', 'superseded'],
];
const days = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

const states: readonly StoreReleaseState[] = [
  { kind: 'in-review' },
  { kind: 'rejected', reason: null },
  { kind: 'withdrawn' },
  { kind: 'approved' },
  { kind: 'processing' },
  ...days.slice(0, -1).map((fraction) => ({ kind: 'rolling-out', fraction }) as const),
  ...days.map((fraction) => ({ kind: 'halted', fraction }) as const),
  { kind: 'live' },
  { kind: 'superseded' },
];

export function worldOf({ fake, app, otherApp }: AscSetup): AppStoreWorld & Pick<AscFake, 'calls' | 'failNext' | 'clearFaults'> {
  const { calls, failNext, clearFaults, world } = fake;
  const named = (version: string): AscVersion => {
    const found = world.version(app, version);
    if (!found) throw new Error(`no version ${version}`);
    return found;
  };
  const see = (version: string): SeenRelease | null => {
    const found = world.version(app, version);
    return found ? seenOf(found) : null;
  };
  return {
    ...{ calls, failNext, clearFaults },
    app: { appId: app.bundleId, track: 'app-store' },
    expected: { name: 'Example', locales: ['en-US', 'de-DE', 'ja'], tracks: ['app-store'] },
    otherApp: { appId: otherApp.bundleId, track: 'app-store' },
    unknownApp: { appId: 'com.example.nobody', track: 'app-store' },
    unknownLocale: 'fr-FR',
    seedBuild: ({ version, buildNumber, uploadedAt, state }) =>
      void world.addBuild(app, { version, number: buildNumber, ...(uploadedAt && { uploadedAt }), ...buildOf(state) }),
    states,
    moveTo: (version, state) => moveTo(fake, named(version), state),
    approve: (version) => world.approve(named(version)),
    reject: (version) => world.reject(named(version)),
    settle: () => world.distribute(),
    seen: see,
    before: () => see(BEFORE),
    endpoints: {
      listing: { method: 'GET', path: /\/appStoreVersionLocalizations$/ },
      findBuild: { method: 'GET', path: '/v1/builds' },
      findRelease: { method: 'GET', path: /\/appStoreVersions$/ },
      submit: { method: 'PATCH', path: /\/reviewSubmissions\/[^/]+$/ },
      release: { method: 'POST', path: '/v1/appStoreVersionReleaseRequests' },
      ...changesOfPhase,
    },
  };
}

const phase = { method: 'PATCH', path: /\/appStoreVersionPhasedReleases\/[^/]+$/ };
const changesOfPhase = { halt: phase, resume: phase, complete: phase };

function buildOf(state: StoreBuild['state'] | undefined) {
  switch (state?.kind) {
    case 'processing':
      return { processingState: 'PROCESSING', expired: false };
    case 'refused':
      return { processingState: 'INVALID', expired: false };
    case 'expired':
      return { processingState: 'VALID', expired: true };
    case 'unknown':
      return { processingState: state.raw, expired: false };
    default:
      return { processingState: 'VALID', expired: false };
  }
}

function seenOf(version: AscVersion): SeenRelease {
  const { build, localizations, submissions } = version;
  return {
    buildNumbers: build ? [build.number] : [],
    notes: Object.fromEntries(localizations.map(({ locale, whatsNew }) => [locale, whatsNew ?? ''])),
    state: stateOf(version),
    submissions,
    updatePriority: null,
  };
}

function stateOf({ state, phased }: AscVersion): StoreReleaseState {
  const fraction = days[(phased?.day ?? 1) - 1] ?? 1;
  if (state === 'READY_FOR_DISTRIBUTION') {
    if (phased?.state === 'PAUSED') return { kind: 'halted', fraction };
    return phased?.state === 'ACTIVE' && fraction < 1 ? { kind: 'rolling-out', fraction } : { kind: 'live' };
  }
  const kind = rawStates.find(([raw]) => raw === state)?.[1] ?? 'unknown';
  if (kind === 'rejected') return { kind, reason: null };
  return kind === 'unknown' ? { kind, raw: state } : ({ kind } as StoreReleaseState); // Only kinds without more to them are left.
}

/** Brings version, phased release and submission to where they are in that state. */
function moveTo({ world }: AscFake, version: AscVersion, state: StoreReleaseState): void {
  const submission = [...world.submissions.values()].find(({ items }) => items.some((item) => item.version === version));
  if (submission) submission.state = state.kind === 'in-review' ? 'WAITING_FOR_REVIEW' : 'COMPLETE';
  if (state.kind === 'rejected') {
    if (submission) submission.state = 'WAITING_FOR_REVIEW';
    world.reject(version);
  } else if (state.kind === 'rolling-out' || state.kind === 'halted') {
    const phased = { state: state.kind === 'halted' ? 'PAUSED' : 'ACTIVE', day: days.indexOf(state.fraction) + 1 };
    version.phased = { id: version.phased?.id ?? world.newId(), pausedDays: 0, startedAt: world.instant(), ...phased };
    version.state = 'READY_FOR_DISTRIBUTION';
  } else if (state.kind === 'live') {
    version.state = 'READY_FOR_DISTRIBUTION';
    if (version.phased) version.phased.state = 'COMPLETE';
  } else if (state.kind === 'unknown') {
    version.state = state.raw;
  } else {
    version.state = rawStates.find(([, kind]) => kind === state.kind)?.[0] ?? version.state;
  }
}
