import type { StoreReleaseState } from '../../src/integrations/capabilities/app-store.ts';
import type { FakeApp, FakeRelease } from '../fakes/google-play/index.ts';
import type { SeenRelease } from './app-store-world.ts';

/** The production track of an app as people and review see and change it in Play Console. */

/** Of Google's names of the states of a review. */
export const PREFIX = 'RELEASE_LIFECYCLE_STATE_';

interface Stand {
  status: string;
  userFraction?: number;
  /** Without the prefix. */
  review: string;
}

const LATER: FakeRelease = { name: '9.0.0', versionCodes: ['9000'], status: 'completed' };

export class PlayConsole {
  private readonly app: FakeApp;
  /** A release that a later one took the place of. */
  private replaced: FakeRelease | null = null;

  constructor(app: FakeApp) {
    this.app = app;
  }

  /** The newest of this name. */
  find(version: string): FakeRelease | null {
    const releases = this.app.releases().filter(({ name }) => name === version);
    return releases.sort((one, other) => codeOf(other) - codeOf(one))[0] ?? null;
  }

  moveTo(version: string, state: StoreReleaseState): void {
    this.bringBack();
    const release = this.find(version);
    if (release === null) throw new Error(`there is no release ${version}`);
    if (state.kind === 'superseded') {
      this.take(release.name);
      this.replaced = release;
      this.app.publish({ ...LATER });
      return;
    }
    const { status, userFraction, review } = standOf(state);
    release.status = status;
    delete release.userFraction;
    if (userFraction !== undefined) release.userFraction = userFraction;
    this.app.reviews.set(codeOf(release), review);
  }

  seen(version: string): SeenRelease | null {
    const release = this.find(version);
    if (release !== null) return this.show(release);
    return this.replaced?.name === version ? { ...this.show(this.replaced), state: { kind: 'superseded' } } : null;
  }

  private show(release: FakeRelease): SeenRelease {
    const code = codeOf(release);
    return {
      buildNumbers: release.versionCodes ?? [],
      notes: Object.fromEntries((release.releaseNotes ?? []).map(({ language, text }) => [language, text])),
      state: stateOf({ ...release, review: this.app.reviews.get(code) ?? 'none' }),
      submissions: this.app.submissions.get(code) ?? 0,
      updatePriority: release.inAppUpdatePriority ?? null,
    };
  }

  private bringBack(): void {
    if (this.replaced === null) return;
    this.take(LATER.name);
    this.app.releases().unshift(this.replaced);
    this.replaced = null;
  }

  private take(name: string | undefined): void {
    const releases = this.app.releases();
    releases.splice(
      releases.findIndex((release) => release.name === name),
      1,
    );
  }
}

export const codeOf = ({ versionCodes }: FakeRelease): number => Number(versionCodes?.[0]);

function standOf(state: StoreReleaseState): Stand {
  const submitted = { status: 'inProgress', userFraction: 0.01 };
  const stands: Partial<Record<StoreReleaseState['kind'], Stand>> = {
    draft: { status: 'draft', review: 'DRAFT' },
    withdrawn: { ...submitted, review: 'NOT_SENT_FOR_REVIEW' },
    'in-review': { ...submitted, review: 'IN_REVIEW' },
    rejected: { ...submitted, review: 'NOT_APPROVED' },
    approved: { ...submitted, review: 'APPROVED_NOT_PUBLISHED' },
    live: { status: 'completed', review: 'PUBLISHED' },
  };
  if (state.kind === 'unknown') return { ...submitted, review: state.raw.replace(PREFIX, '') };
  if (state.kind === 'rolling-out') return { status: 'inProgress', userFraction: state.fraction, review: 'PUBLISHED' };
  if (state.kind === 'halted') {
    return { status: 'halted', review: 'PUBLISHED', ...(state.fraction < 1 ? { userFraction: state.fraction } : {}) };
  }
  const stand = stands[state.kind];
  if (stand === undefined) throw new Error(`Google Play has no state ${state.kind}`);
  return stand;
}

function stateOf({ status, userFraction, review }: { status: string; userFraction?: number; review: string }): StoreReleaseState {
  const reviewed: Record<string, StoreReleaseState> = {
    IN_REVIEW: { kind: 'in-review' },
    NOT_APPROVED: { kind: 'rejected', reason: null },
    APPROVED_NOT_PUBLISHED: { kind: 'approved' },
    NOT_SENT_FOR_REVIEW: { kind: 'draft' },
    DRAFT: { kind: 'draft' },
  };
  if (review !== 'PUBLISHED') return reviewed[review] ?? { kind: 'unknown', raw: `${PREFIX}${review}` };
  if (status === 'completed') return { kind: 'live' };
  return status === 'inProgress' ? { kind: 'rolling-out', fraction: userFraction ?? 0 } : { kind: 'halted', fraction: userFraction ?? 1 };
}
