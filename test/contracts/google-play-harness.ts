import { generateKeyPairSync } from 'node:crypto';
import type { StoreReleaseState } from '../../src/integrations/capabilities/app-store.ts';
import { googlePlayAppStore } from '../../src/integrations/providers/google-play/app-store.ts';
import { credentialsSchema, type GooglePlayConnection } from '../../src/integrations/providers/google-play/identity.ts';
import { googlePlayStagedRollout } from '../../src/integrations/providers/google-play/staged-rollout.ts';
import { googlePlayStoreUpload } from '../../src/integrations/providers/google-play/store-upload.ts';
import { bundleFile, createGooglePlayFake, type FakeAccount, type FakeApp, type GooglePlayFake } from '../fakes/google-play/index.ts';
import { type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { AppStoreHarness } from './app-store-world.ts';
import { codeOf, PlayConsole, PREFIX } from './google-play-console.ts';
import type { StagedRolloutHarness } from './staged-rollout.contract.ts';
import type { StoreUploadHarness } from './store-upload.contract.ts';

/** Google Play's adapter over real HTTP against the fake, as the store contracts want it. */

export const APP = 'com.example.app';
export const OTHER_APP = 'com.example.other';
const BEFORE = { name: '4.1.0', versionCodes: ['4100'], status: 'completed', releaseNotes: [{ language: 'en-US', text: 'Before.' }] };

/** Made once: it takes longer than a test. */
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

export interface PlaySetup {
  fake: GooglePlayFake;
  account: FakeAccount;
  app: FakeApp;
  connection: GooglePlayConnection;
  observed: Parameters<typeof guardedDeps>[1];
  deps: (options?: ConnectOptions) => ReturnType<typeof guardedDeps>;
  /** A part of the private key, in one line. */
  secret: string;
}

export function connectionTo(fake: GooglePlayFake, keyFile: string, settings: GooglePlayConnection['settings'] = {}): GooglePlayConnection {
  return { id: 'con-1', baseUrl: fake.origin, credentials: credentialsSchema.parse({ serviceAccount: keyFile }), settings };
}

export async function playSetup(): Promise<PlaySetup> {
  const fake = await createGooglePlayFake();
  const account = fake.addAccount('releases@acme-mobile.iam.gserviceaccount.com', pem);
  const app = fake.addApp({ packageName: APP, title: 'Example' });
  fake.addApp({ packageName: OTHER_APP });
  app.publish({ ...BEFORE });
  const observed: PlaySetup['observed'] = [];
  const [, secret = ''] = pem.split('\n');
  const connection = connectionTo(fake, account.keyFile);
  return { fake, account, app, connection, observed, secret, deps: (options) => guardedDeps('google-play', observed, options) };
}

const OPEN = { method: 'POST', path: /\/edits$/ };
export const COMMIT = { method: 'POST', path: /:commit$/ };

export async function googlePlayHarness(): Promise<AppStoreHarness> {
  const setup = await playSetup();
  const { fake, connection, deps, observed, secret } = setup;
  return {
    connect: (options) => googlePlayAppStore(connection, deps(options)),
    world: worldOf(setup),
    secret,
    observed,
    close: fake.close,
  };
}

const states: readonly StoreReleaseState[] = [
  { kind: 'draft' },
  { kind: 'in-review' },
  { kind: 'rejected', reason: null },
  { kind: 'approved' },
  { kind: 'rolling-out', fraction: 0.01 },
  { kind: 'rolling-out', fraction: 0.5 },
  { kind: 'halted', fraction: 0.01 },
  { kind: 'halted', fraction: 1 },
  { kind: 'live' },
  { kind: 'superseded' },
  { kind: 'unknown', raw: `${PREFIX}STATE_OF_TOMORROW` },
];

export function worldOf({ fake, app }: Pick<PlaySetup, 'fake' | 'app'>): AppStoreHarness['world'] {
  const console = new PlayConsole(app);
  const builds = new Map<string, number[]>();
  const sent = (version: string) => (builds.get(version) ?? []).reduce((sum, code) => sum + (app.submissions.get(code) ?? 0), 0);
  const review = (version: string, outcome: 'approved' | 'rejected') =>
    app.review(codeOf(console.find(version) ?? { status: '' }), outcome);
  return {
    calls: fake.calls,
    failNext: fake.failNext,
    clearFaults: fake.clearFaults,
    app: { appId: APP, track: 'production' },
    expected: { name: 'Example', locales: ['en-US', 'de-DE'], tracks: ['production', 'beta', 'alpha', 'internal'] },
    otherApp: { appId: OTHER_APP, track: 'production' },
    unknownApp: { appId: 'com.example.nowhere', track: 'production' },
    unknownLocale: 'fr-FR',
    seedBuild({ version, buildNumber }) {
      app.addBundle(Number(buildNumber));
      builds.set(version, [...(builds.get(version) ?? []), Number(buildNumber)]);
      // As whoever uploads by other tools leaves them: named by Google.
      app.releases('internal').push({ name: `${buildNumber} (${version})`, versionCodes: [buildNumber], status: 'completed' });
    },
    states,
    moveTo: (version, state) => console.moveTo(version, state),
    approve: (version) => review(version, 'approved'),
    reject: (version) => review(version, 'rejected'),
    settle: () => undefined,
    seen: (version) => {
      const shown = console.seen(version);
      return shown && { ...shown, submissions: sent(version) };
    },
    before: () => console.seen(BEFORE.name),
    endpoints: {
      listing: OPEN,
      findBuild: OPEN,
      findRelease: OPEN,
      submit: COMMIT,
      release: COMMIT,
      halt: COMMIT,
      resume: COMMIT,
      complete: COMMIT,
    },
  };
}

export async function googlePlayRolloutHarness(): Promise<StagedRolloutHarness> {
  const setup = await playSetup();
  const { fake, app, connection, deps, observed, secret } = setup;
  const world = worldOf(setup);
  const query = { app: world.app, version: '4.2.0', buildNumber: '4200' };
  app.publish({ name: query.version, versionCodes: [query.buildNumber], status: 'inProgress', userFraction: 0.1 });
  return {
    connect: (options) => googlePlayStagedRollout(connection, deps(options)),
    world: {
      ...{ calls: fake.calls, failNext: fake.failNext, clearFaults: fake.clearFaults },
      ...{ query, raise: COMMIT, unknownApp: world.unknownApp, states },
      moveTo: (state) => world.moveTo(query.version, state),
      shown: () => world.seen(query.version)?.state ?? null,
      others: () => app.releases().filter(({ name }) => name !== query.version),
    },
    ...{ secret, observed, close: fake.close },
  };
}

export async function googlePlayUploadHarness(): Promise<StoreUploadHarness> {
  const { fake, app, connection, deps, observed, secret } = await playSetup();
  return {
    connect: (options) => googlePlayStoreUpload(connection, deps(options)),
    world: {
      ...{ calls: fake.calls, failNext: fake.failNext, clearFaults: fake.clearFaults },
      ...{ app: { appId: APP, track: 'production' }, unknownApp: { appId: 'com.example.nowhere', track: 'production' } },
      ...{ upload: { method: 'POST', path: /^\/upload\/.*\/bundles$/ }, keep: COMMIT },
      content: (buildNumber, filling) => bundleFile(Number(buildNumber), filling),
      addBuild: (buildNumber, content) => void app.addBundle(Number(buildNumber), content),
      builds: () =>
        app.bundles
          .filter(({ versionCode }) => versionCode !== 4100)
          .map(({ versionCode, sha256 }) => ({ buildNumber: String(versionCode), sha256 })),
    },
    ...{ secret, observed, close: fake.close },
  };
}
