import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { type AscFake, type AscVersion, ascKey } from '../../test/fakes/app-store-connect/index.ts';
import { ConsoleRefusal } from '../console-refusal.ts';
import type { WebhookTarget } from '../webhooks.ts';
import { appIdOf, type ConsoleAct, locales, RELEASED, type StoreHost, type StoreTeam } from './store.ts';

/** Percent of users on each day of a phased release. */
const DAYS = [1, 2, 5, 10, 20, 50, 100];
const UNDER_REVIEW = ['WAITING_FOR_REVIEW', 'IN_REVIEW'];
const CHANGED = 'appStoreVersionAppVersionStateUpdated';

/** An app with one version that everybody has. All teams share the account, as the fake knows one: each has a key and an app of its own. */
export function addAscApp(fake: AscFake, { name, owner, webhooks }: StoreTeam): StoreHost {
  const { world } = fake;
  const bundleId = appIdOf(owner);
  const [issuerId, keyId] = [randomUUID(), `SBX${world.apps.size}KEY`];
  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  fake.keys.push(ascKey({ issuerId, keyId, privateKey }));
  const app = world.addApp({ bundleId, name: `${name} shop`, primaryLocale: locales[0] });
  const live = world.addVersion(app, RELEASED.version, { state: 'READY_FOR_DISTRIBUTION', locales: [...locales] });
  live.build = world.addBuild(app, RELEASED);
  let targets: readonly WebhookTarget[] = [];

  const versionOf = (versionString: string): AscVersion => {
    const found = world.version(app, versionString);
    if (found === undefined) throw new Error(`${bundleId} has no version ${versionString}`);
    return found;
  };
  /** Whatever Apple does to versions, webhooks are told. */
  const telling = (act: () => void) => {
    const before = new Map(world.versionsOf(app).map((version) => [version, version.state]));
    act();
    for (const [version, state] of before) if (version.state !== state) tell(version, state);
  };
  const tell = ({ id, state }: AscVersion, oldValue: string) => {
    for (const { url, secret } of targets) {
      const deliveryId = randomUUID();
      const payload = {
        data: {
          ...{ type: CHANGED, id: deliveryId, version: 1 },
          attributes: { oldValue, newValue: state, timestamp: world.instant() },
          relationships: { instance: { data: { type: 'appStoreVersions', id }, links: { self: `/v1/appStoreVersions/${id}` } } },
        },
      };
      const signature = createHmac('sha256', secret).update(JSON.stringify(payload)).digest('hex');
      const headers = { 'content-type': 'application/json', 'x-apple-signature': `hmacsha256=${signature}` };
      webhooks.send(url, { provider: 'app-store-connect', event: CHANGED, deliveryId }, headers, payload);
    }
  };
  return {
    access: {
      ...{ origin: fake.origin, provider: 'app-store-connect', displayName: 'Sandbox App Store Connect', baseUrl: fake.origin },
      credentials: { issuerId, keyId, privateKey },
      settings: {},
      place: { target: 'APP_STORE', appId: bundleId, track: 'app-store', uploadBy: 'CI' },
      rolloutPlan: { kind: 'phased' },
    },
    all: () =>
      world.versionsOf(app).map(({ versionString, state, build, phased, submissions }) => ({
        ...{ store: 'App Store', version: versionString, builds: build === null ? [] : [build.number], state, submissions },
        percent: percentOf(state, phased),
      })),
    upload: ({ version, number }) => void world.addBuild(app, { version, number }),
    underReview: () =>
      world
        .versionsOf(app)
        .filter(({ state }) => UNDER_REVIEW.includes(state))
        .map(({ versionString }) => versionString),
    approve: (version) => telling(() => world.approve(versionOf(version))),
    // Apple's API shows that it was rejected; the words are in the Resolution Center.
    reject: (version) => telling(() => world.reject(versionOf(version))),
    rejections: [],
    inConsole(version, act) {
      const phased = versionOf(version).phased;
      const state = stateAfter(phased?.state, act);
      if (phased === null || state === null) {
        throw new ConsoleRefusal(
          `the phased release of ${version} is ${phased?.state ?? 'none'}: App Store Connect has no "${act.do}" for it`,
        );
      }
      phased.state = state;
    },
    settle: () => telling(() => world.distribute(app)),
    nextDay: () => {
      for (const version of world.versionsOf(app)) world.nextDay(version);
    },
    point: async (wanted) => {
      targets = wanted;
    },
  };
}

/** null = nobody yet. */
function percentOf(state: string, phased: AscVersion['phased']): number | null {
  if (state !== 'READY_FOR_DISTRIBUTION') return null;
  return phased === null || phased.state === 'COMPLETE' ? 100 : (DAYS[phased.day - 1] ?? null);
}

/** Of a phased release, which is paused, resumed, or released to all; null where that does not go. */
function stateAfter(state: string | undefined, act: ConsoleAct): string | null {
  if (act.do === 'halt') return state === 'ACTIVE' ? 'PAUSED' : null;
  if (act.do === 'resume') return state === 'PAUSED' ? 'ACTIVE' : null;
  const isUnderWay = state === 'ACTIVE' || state === 'PAUSED';
  return act.do === 'raise' && act.percent === 100 && isUnderWay ? 'COMPLETE' : null;
}
