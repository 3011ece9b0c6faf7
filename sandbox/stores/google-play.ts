import type { FakeRelease, GooglePlayFake } from '../../test/fakes/google-play/index.ts';
import { ConsoleRefusal } from '../console-refusal.ts';
import { appIdOf, type ConsoleAct, locales, RELEASED, type StoreHost, type StoreTeam } from './store.ts';

const TRACK = 'production';

/** An app with one release that everybody has. Play tells nobody of reviews and rollouts: it has no webhooks to point. */
export function addPlayApp(fake: GooglePlayFake, { name, owner }: StoreTeam): StoreHost {
  const packageName = appIdOf(owner);
  const { keyFile } = fake.addAccount(`release-bot@${owner}.example`);
  const app = fake.addApp({ packageName, title: `${name} shop`, languages: [...locales] });
  app.publish({ name: RELEASED.version, versionCodes: [RELEASED.number], status: 'completed' }, TRACK);
  const releases = () => [...app.tracks.values()].flat();
  const codesOf = ({ versionCodes = [] }: FakeRelease) => versionCodes.map(Number);
  const decide = (version: string, outcome: 'approved' | 'rejected') => {
    for (const code of releases().flatMap((release) => (release.name === version ? codesOf(release) : []))) app.review(code, outcome);
  };
  return {
    access: {
      ...{ origin: fake.origin, provider: 'google-play', displayName: 'Sandbox Google Play', baseUrl: fake.origin },
      credentials: { serviceAccount: keyFile },
      settings: { packageName },
      place: { target: 'PLAY_STORE', appId: packageName, track: TRACK, uploadBy: 'CI' },
      rolloutPlan: {
        kind: 'staged',
        steps: [
          // Somebody looks at the first crash reports before it goes on.
          { percent: 10, waitMinutes: null },
          { percent: 50, waitMinutes: 0 },
          { percent: 100, waitMinutes: null },
        ],
      },
    },
    all: () =>
      releases().map((release) => ({
        ...{ store: 'Google Play', version: release.name ?? '', builds: release.versionCodes ?? [] },
        state: stateOf(release, (code) => app.reviews.get(code)),
        percent: release.status === 'completed' ? 100 : release.userFraction === undefined ? null : Math.round(release.userFraction * 100),
        submissions: Math.max(0, ...codesOf(release).map((code) => app.submissions.get(code) ?? 0)),
      })),
    upload({ number, content }) {
      if (app.bundles.every(({ versionCode }) => versionCode !== Number(number))) app.addBundle(Number(number), content);
    },
    underReview: () =>
      releases()
        .filter((release) => codesOf(release).some((code) => app.reviews.get(code) === 'IN_REVIEW'))
        .map((release) => release.name ?? ''),
    approve: (version) => decide(version, 'approved'),
    // Play's API shows that it was rejected; the words are in an e-mail.
    reject: (version) => decide(version, 'rejected'),
    rejections: [],
    inConsole(version, act) {
      const release = releases().find(({ name: own }) => own === version);
      const change = release === undefined ? null : changeOf(release, act);
      if (release === undefined || change === null) {
        throw new ConsoleRefusal(`${version} is ${release?.status ?? 'not there'}: Play Console has no "${act.do}" for it`);
      }
      const { userFraction, ...rest } = change;
      delete release.userFraction;
      Object.assign(release, rest, userFraction === undefined ? {} : { userFraction });
    },
    settle: () => undefined,
    nextDay: () => undefined,
    point: async () => undefined,
  };
}

/** Its status and share then; null where it does not go. */
function changeOf({ status, userFraction }: FakeRelease, act: ConsoleAct): Pick<FakeRelease, 'status' | 'userFraction'> | null {
  const share = userFraction === undefined ? {} : { userFraction };
  switch (act.do) {
    case 'halt':
      return status === 'inProgress' || status === 'completed' ? { status: 'halted', ...share } : null;
    case 'resume':
      if (status !== 'halted') return null;
      return userFraction === undefined ? { status: 'completed' } : { status: 'inProgress', userFraction };
    case 'raise': {
      const to = act.percent / 100;
      if (status !== 'inProgress' || to <= (userFraction ?? 0)) return null;
      return to < 1 ? { status: 'inProgress', userFraction: to } : { status: 'completed' };
    }
    default:
      return act satisfies never;
  }
}

/** As the console shows it: where its review stands, until it is out. */
function stateOf({ status, versionCodes = [] }: FakeRelease, reviewOf: (code: number) => string | undefined): string {
  const reviews = versionCodes.map((code) => reviewOf(Number(code)));
  return reviews.find((review) => review !== undefined && review !== 'PUBLISHED') ?? status;
}
