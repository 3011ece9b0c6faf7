/** What an App Store Connect account holds, iOS only, and what people and Apple do to it without the API. */

export interface AscApp {
  id: string;
  bundleId: string;
  name: string;
  primaryLocale: string;
}

export interface AscBuild {
  id: string;
  app: AscApp;
  version: string;
  number: string;
  uploadedAt: string;
  processingState: string;
  expired: boolean;
  audience: 'APP_STORE_ELIGIBLE' | 'INTERNAL_ONLY';
}

export interface AscPhasedRelease {
  id: string;
  state: string;
  day: number;
  pausedDays: number;
  startedAt: string | null;
}

export interface AscVersion {
  id: string;
  app: AscApp;
  versionString: string;
  state: string;
  releaseType: string;
  createdAt: string;
  build: AscBuild | null;
  localizations: { id: string; locale: string; whatsNew: string | null }[];
  phased: AscPhasedRelease | null;
  /** How often it was sent to review. */
  submissions: number;
}

export interface AscSubmission {
  id: string;
  app: AscApp;
  state: string;
  submittedAt: string | null;
  /** Without a version: an in-app event or the like. */
  items: { id: string; state: string; version: AscVersion | null }[];
}

export type AscWorld = ReturnType<typeof createAscWorld>;

export const EDITABLE = [
  'PREPARE_FOR_SUBMISSION',
  'READY_FOR_REVIEW',
  'DEVELOPER_REJECTED',
  'REJECTED',
  'METADATA_REJECTED',
  'INVALID_BINARY',
];
const DONE = ['READY_FOR_DISTRIBUTION', 'REPLACED_WITH_NEW_VERSION'];
export const UNDER_REVIEW = ['WAITING_FOR_REVIEW', 'IN_REVIEW'];

export function createAscWorld({ now }: { now: () => number }) {
  const apps = new Map<string, AscApp>();
  const builds = new Map<string, AscBuild>();
  const versions = new Map<string, AscVersion>();
  const submissions = new Map<string, AscSubmission>();
  /** What Apple does a moment after its answer happens at `catchUp` while these are on. */
  const late = { adding: false, submitting: false, cancelling: false };
  const pending: (() => void)[] = [];
  let made = 0;

  const newId = () => {
    made += 1;
    return `7d1a4c2e-0000-4000-8000-${String(made).padStart(12, '0')}`;
  };
  const instant = () => new Date(now()).toISOString();

  const world = {
    apps,
    builds,
    versions,
    submissions,
    late,
    newId,
    instant,

    addApp({ bundleId, name = bundleId, primaryLocale = 'en-US' }: { bundleId: string; name?: string; primaryLocale?: string }): AscApp {
      const app = { id: String(6_446_000_000 + apps.size), bundleId, name, primaryLocale };
      apps.set(app.id, app);
      return app;
    },

    /** As Xcode or altool uploads it; one of the same number takes the place of the former. */
    addBuild(app: AscApp, build: Partial<Omit<AscBuild, 'id' | 'app'>> & Pick<AscBuild, 'version' | 'number'>): AscBuild {
      const same = [...builds.values()].find((each) => each.app === app && each.version === build.version && each.number === build.number);
      const defaults = { uploadedAt: instant(), processingState: 'VALID', expired: false, audience: 'APP_STORE_ELIGIBLE' } as const;
      const added = { id: same?.id ?? newId(), app, ...defaults, ...build };
      builds.set(added.id, added);
      return added;
    },

    /** With the locales of the newest version, as Apple copies them, or those given. */
    addVersion(app: AscApp, versionString: string, options: { state?: string; locales?: string[]; releaseType?: string } = {}): AscVersion {
      const newest = world.versionsOf(app).at(-1);
      const locales = options.locales ?? newest?.localizations.map(({ locale }) => locale) ?? [app.primaryLocale];
      const version: AscVersion = {
        id: newId(),
        app,
        versionString,
        state: options.state ?? 'PREPARE_FOR_SUBMISSION',
        releaseType: options.releaseType ?? 'AFTER_APPROVAL',
        // Later than the one before, however fast they are made.
        createdAt: new Date(now() + versions.size).toISOString(),
        build: null,
        localizations: locales.map((locale) => ({ id: newId(), locale, whatsNew: null })),
        phased: null,
        submissions: 0,
      };
      versions.set(version.id, version);
      return version;
    },

    addSubmission(app: AscApp, state = 'READY_FOR_REVIEW'): AscSubmission {
      const submission = { id: newId(), app, state, submittedAt: null, items: [] };
      submissions.set(submission.id, submission);
      return submission;
    },

    addItem(submission: AscSubmission, version: AscVersion | null) {
      const item = { id: newId(), state: 'READY_FOR_REVIEW', version };
      submission.items.push(item);
      return item;
    },

    /** Oldest first. */
    versionsOf: (app: AscApp): AscVersion[] => [...versions.values()].filter((version) => version.app === app),
    version: (app: AscApp, versionString: string): AscVersion | undefined =>
      world.versionsOf(app).find((version) => version.versionString === versionString),
    openSubmissionOf: (version: AscVersion): AscSubmission | undefined =>
      [...submissions.values()].find(
        ({ state, items }) => state !== 'COMPLETE' && items.some((item) => item.version === version && item.state !== 'REMOVED'),
      ),
    /** A version that keeps others from being made. */
    inFlight: (app: AscApp): AscVersion | undefined => world.versionsOf(app).find(({ state }) => !DONE.includes(state)),

    /** Now, or at `catchUp` when Apple is slow at it. */
    soon(isLate: boolean, happen: () => void): void {
      if (isLate) pending.push(happen);
      else happen();
    },
    catchUp(): void {
      for (const happen of pending.splice(0)) happen();
    },

    startReview(version: AscVersion): void {
      version.state = 'IN_REVIEW';
      const submission = world.openSubmissionOf(version);
      if (submission) submission.state = 'IN_REVIEW';
    },
    approve(version: AscVersion): void {
      const submission = world.openSubmissionOf(version);
      for (const item of submission?.items ?? []) item.state = 'APPROVED';
      if (submission) submission.state = 'COMPLETE';
      version.state = 'PENDING_DEVELOPER_RELEASE';
      if (version.releaseType === 'AFTER_APPROVAL') world.release(version);
    },
    reject(version: AscVersion, state = 'REJECTED'): void {
      const submission = world.openSubmissionOf(version);
      for (const item of submission?.items ?? []) item.state = item.version === version ? 'REJECTED' : 'ACCEPTED';
      if (submission) submission.state = 'UNRESOLVED_ISSUES';
      version.state = state;
    },
    cancel(submission: AscSubmission): void {
      submission.state = 'CANCELING';
      world.soon(late.cancelling, () => {
        submission.state = 'COMPLETE';
        for (const { version } of submission.items) if (version) version.state = 'DEVELOPER_REJECTED';
      });
    },
    release(version: AscVersion): void {
      version.state = 'PROCESSING_FOR_DISTRIBUTION';
    },
    /** What is processed gets out, of all apps or of one: to everybody, or phased from its first day. */
    distribute(app?: AscApp): void {
      for (const version of versions.values()) {
        if (version.state === 'PROCESSING_FOR_DISTRIBUTION' && version.app === (app ?? version.app)) putOut(version);
      }
    },
    /** A day passes for its phased release. */
    nextDay({ phased }: AscVersion): void {
      if (phased?.state === 'PAUSED') phased.pausedDays += 1;
      if (phased?.state !== 'ACTIVE') return;
      phased.day += 1;
      if (phased.day > 7) Object.assign(phased, { day: 7, state: 'COMPLETE' });
    },
  };

  function putOut(version: AscVersion): void {
    for (const other of world.versionsOf(version.app)) {
      if (other !== version && other.state === 'READY_FOR_DISTRIBUTION') other.state = 'REPLACED_WITH_NEW_VERSION';
    }
    version.state = 'READY_FOR_DISTRIBUTION';
    if (version.phased) Object.assign(version.phased, { state: 'ACTIVE', day: 1, startedAt: instant() });
  }

  return world;
}
