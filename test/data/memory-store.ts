import type {
  AppStore,
  StoreAbilities,
  StoreBuild,
  StoreRelease,
  StoreReleaseQuery,
  StoreReleaseState,
  Submission,
} from '../../src/integrations/capabilities/app-store.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import type { OpenStore, StoreService } from '../../src/services/execution/stores/store-service.ts';

const play: StoreAbilities = {
  rollout: { kind: 'staged' },
  haltsLive: true,
  releasesOnRequest: false,
  updatePriority: true,
  maxNotesChars: 500,
};
const apple: StoreAbilities = {
  ...{ rollout: { kind: 'phased', dailyPercents: [1, 2, 5, 10, 20, 50, 100] }, haltsLive: false, releasesOnRequest: true },
  ...{ updatePriority: false, maxNotesChars: 4000 },
};

/** Stores as their capabilities describe them, in memory: a release per app, and everything that was written, in order. */
export class MemoryStore {
  readonly writes: string[] = [];
  readonly submitted: Submission[] = [];
  builds: StoreBuild[] = [];
  /** Of each app. */
  readonly releases = new Map<string, { version: string; build: string; state: StoreReleaseState; gradually: number | null }>();
  locales = ['en-US', 'de-DE'];
  uploads: string[] = [];
  /** Refuses every step. */
  stubborn = false;
  /** Thrown by the next call of this name, before or after its effect. */
  #fault: { on: string; when: 'before' | 'after'; error: Error } | null = null;
  /** Runs after the next read, as if somebody acted in the console meanwhile. */
  meanwhile: (() => Promise<void> | void) | null = null;

  build(buildNumber: string, version: string, state: StoreBuild['state'] = { kind: 'ready' }): void {
    this.builds.unshift({ id: `build-${buildNumber}`, version, buildNumber, uploadedAt: null, state });
  }

  fail(on: string, when: 'before' | 'after', kind: ProviderErrorKind = 'unavailable'): void {
    this.#fault = { on, when, error: new ProviderError(kind, 'the store is away', { provider: 'memory' }) };
  }

  /** Somebody in the console, or the store itself. */
  show(appId: string, state: StoreReleaseState): void {
    const release = this.releases.get(appId);
    if (release === undefined) throw new Error(`nothing was submitted for ${appId}`);
    release.state = state;
  }

  service(): StoreService {
    return { open: async (_tenantId, { appId, track, target }) => this.#open(appId, track, target === 'APP_STORE' ? apple : play) };
  }

  #open(appId: string, track: string, abilities: StoreAbilities): OpenStore {
    const view = (): StoreRelease | null => {
      const release = this.releases.get(appId);
      if (release === undefined) return null;
      return {
        id: `release-${appId}`,
        version: release.version,
        buildNumbers: [release.build],
        state: release.state,
        url: 'https://store.example/1',
      };
    };
    const write = (name: string, from: readonly StoreReleaseState['kind'][], to: (fraction: number) => StoreReleaseState) => () =>
      this.#call(name, async () => {
        const before = view();
        if (before === null) throw new ProviderError('not-found', 'there is no such release', { provider: 'memory' });
        const { state } = before;
        const fraction = 'fraction' in state ? state.fraction : state.kind === 'live' ? 1 : 0;
        const after = to(fraction);
        if (JSON.stringify(state) === JSON.stringify(after)) return before;
        if (this.stubborn || !from.includes(state.kind))
          throw new ProviderError('conflict', `cannot ${name} what is ${state.kind}`, { provider: 'memory' });
        this.show(appId, after);
        this.writes.push(name);
        return { ...before, state: after };
      });
    const started = (): StoreReleaseState => {
      const share = this.releases.get(appId)?.gradually ?? null;
      return share === null ? { kind: 'live' } : { kind: 'rolling-out', fraction: share };
    };
    const appStore: AppStore = {
      abilities,
      buildVisibleWithinMs: 0,
      listing: async () => ({ name: 'Shop', locales: this.locales, tracks: [track] }),
      findBuild: ({ version, buildNumber }) =>
        this.#call('findBuild', async () => {
          const of = this.builds.filter(
            (build) => build.version === version && (buildNumber === null || build.buildNumber === buildNumber),
          );
          return of[0] ?? null;
        }),
      findRelease: () => this.#call('findRelease', async () => view()),
      ensureSubmitted: (submission) => this.#call('ensureSubmitted', () => this.#submit(appId, submission, view)),
      ensureReleased: write('release', ['approved'], started),
      halt: write('halt', ['rolling-out', 'live'], (fraction) => ({ kind: 'halted', fraction })),
      resume: write('resume', ['halted'], (fraction) => (fraction === 1 ? { kind: 'live' } : { kind: 'rolling-out', fraction })),
      complete: write('complete', ['rolling-out', 'halted'], () => ({ kind: 'live' })),
    };
    const setFraction = (_query: StoreReleaseQuery, to: number) =>
      write(`set-fraction ${to}`, ['rolling-out'], () => ({ kind: 'rolling-out', fraction: to }))();
    const upload = {
      ensureUploaded: async ({ version, file }: { version: string; file: { name: string } }) => {
        const known = this.builds.find((build) => build.version === version);
        if (known !== undefined) return known;
        this.uploads.push(file.name);
        this.build('uploaded', version);
        return this.builds[0] as StoreBuild;
      },
    };
    const staged = abilities.rollout.kind === 'staged';
    return {
      appStore,
      app: { appId, track },
      stagedRollout: staged ? { setFraction } : null,
      upload: staged ? upload : null,
      withdrawal: null,
      displayName: 'Memory',
    };
  }

  async #submit(appId: string, submission: Submission, view: () => StoreRelease | null): Promise<StoreRelease> {
    const before = this.releases.get(appId);
    const again = before === undefined || before.state.kind === 'rejected' || before.state.kind === 'withdrawn';
    if (again) {
      const { version, buildNumber: build, gradually } = submission;
      this.releases.set(appId, { version, build, state: { kind: 'in-review' }, gradually: gradually?.fraction ?? null });
      this.submitted.push(submission);
      this.writes.push(`submit ${build}`);
    }
    // It was set just now, or before.
    return view() as StoreRelease;
  }

  async #call<T>(name: string, work: () => Promise<T>): Promise<T> {
    const fault = this.#fault?.on === name ? this.#fault : null;
    if (fault !== null) this.#fault = null;
    if (fault?.when === 'before') throw fault.error;
    const result = await work();
    if (fault !== null) throw fault.error;
    const then = this.meanwhile;
    this.meanwhile = null;
    await then?.();
    return result;
  }
}
