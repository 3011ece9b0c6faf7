import { createHash } from 'node:crypto';
import { failedPrecondition, invalid, notFound, Refusal } from './answers.ts';
import { checkTrack, type FakeRelease } from './track-rules.ts';

export interface FakeBundle {
  versionCode: number;
  sha1: string;
  sha256: string;
}

export interface FakeEdit {
  id: string;
  state: 'open' | 'deleted' | 'committed' | 'expired';
  tracks: Map<string, FakeRelease[]>;
  bundles: FakeBundle[];
  /** Names of the tracks that were written in it: those go to review. */
  written: Set<string>;
}

export interface NewApp {
  packageName: string;
  title?: string;
  /** The first is the default. */
  languages?: string[];
  tracks?: string[];
}

const PREFIX = 'RELEASE_LIFECYCLE_STATE_';
const LOST: Record<Exclude<FakeEdit['state'], 'open'>, string> = {
  deleted: 'This Edit has been deleted.',
  committed: 'This edit has already been successfully committed, please create a new Edit.',
  expired: 'This edit has expired, please create a new Edit.',
};

/** One app: what is published, what is under review, and its one open edit. */
export class FakeApp {
  readonly packageName: string;
  readonly languages: { language: string; title: string }[];
  readonly tracks: Map<string, FakeRelease[]>;
  readonly edits = new Map<string, FakeEdit>();
  /** Without the prefix, by version code. */
  readonly reviews = new Map<number, string>();
  /** How often a release went to review, by version code. */
  readonly submissions = new Map<number, number>();
  bundles: FakeBundle[] = [];
  uploads = 0;
  /** Edits that were ended by another one: two callers were at the app at once. */
  displaced = 0;
  /** What passes review waits for a person to publish it. */
  isManaged = false;
  /** After a rejection: only a person sends to review. */
  isHeldBack = false;
  /** Whether Google tells about reviews of this app. */
  tellsReviews = true;
  private readonly former = new Map<string, FakeRelease[]>();
  private nextEdit = 1;

  constructor({
    packageName,
    title = packageName,
    languages = ['en-US', 'de-DE'],
    tracks = ['production', 'beta', 'alpha', 'internal'],
  }: NewApp) {
    this.packageName = packageName;
    this.languages = languages.map((language) => ({ language, title }));
    this.tracks = new Map(tracks.map((track) => [track, []]));
  }

  /** Of a track, as the console edits it. */
  releases(track = 'production'): FakeRelease[] {
    const releases = this.tracks.get(track);
    if (releases === undefined) throw notFound(`Track not found: ${track}.`);
    return releases;
  }

  addBundle(versionCode: number, content: Uint8Array | string = bundleFile(versionCode)): FakeBundle {
    const bundle = { versionCode, sha1: digest('sha1', content), sha256: digest('sha256', content) };
    this.bundles.push(bundle);
    return bundle;
  }

  /** People publish a release in the console, without review. */
  publish(release: FakeRelease, track = 'production'): FakeRelease {
    for (const code of release.versionCodes ?? []) {
      if (!this.bundles.some(({ versionCode }) => versionCode === Number(code))) this.addBundle(Number(code));
      this.reviews.set(Number(code), 'PUBLISHED');
    }
    this.releases(track).unshift(release);
    return release;
  }

  review(versionCode: number, outcome: 'approved' | 'rejected'): void {
    if (outcome === 'rejected') this.reviews.set(versionCode, 'NOT_APPROVED');
    else this.reviews.set(versionCode, this.isManaged ? 'APPROVED_NOT_PUBLISHED' : 'PUBLISHED');
  }

  /** Ends the edit that is open: Google keeps one. */
  openEdit(): FakeEdit {
    for (const edit of this.edits.values()) {
      if (edit.state !== 'open') continue;
      edit.state = 'deleted';
      this.displaced += 1;
    }
    const edit: FakeEdit = {
      id: `${1_000_000 + this.nextEdit}`,
      state: 'open',
      tracks: structuredClone(this.tracks),
      bundles: [...this.bundles],
      written: new Set(),
    };
    this.nextEdit += 1;
    this.edits.set(edit.id, edit);
    return edit;
  }

  edit(id: string): FakeEdit {
    const edit = this.edits.get(id);
    if (edit === undefined) throw notFound(`Edit not found: ${id}.`);
    if (edit.state !== 'open') throw failedPrecondition(LOST[edit.state]);
    return edit;
  }

  upload(edit: FakeEdit, content: Uint8Array): FakeBundle {
    const versionCode = Number(/versionCode=(\d+)/.exec(Buffer.from(content.subarray(0, 64)).toString('latin1'))?.[1]);
    if (!Number.isInteger(versionCode)) throw invalid('The Android App Bundle could not be parsed.');
    if (edit.bundles.some((bundle) => bundle.versionCode === versionCode)) {
      throw new Refusal(403, 'PERMISSION_DENIED', `Version code ${versionCode} has already been used.`);
    }
    const bundle = { versionCode, sha1: digest('sha1', content), sha256: digest('sha256', content) };
    edit.bundles.push(bundle);
    this.uploads += 1;
    return bundle;
  }

  updateTrack(edit: FakeEdit, name: string, releases: FakeRelease[]): FakeRelease[] {
    if (!edit.tracks.has(name)) throw notFound(`Track not found: ${name}.`);
    const codes = edit.bundles.map(({ versionCode }) => versionCode);
    checkTrack(this, codes, releases);
    for (const release of releases) this.checkHalt(name, release, releases);
    edit.tracks.set(name, structuredClone(releases));
    edit.written.add(name);
    return releases;
  }

  commit(edit: FakeEdit, { cancelsReview, isNotSent }: { cancelsReview: boolean; isNotSent: boolean }): void {
    const underReview = [...this.reviews].filter(([, state]) => state === 'IN_REVIEW').map(([code]) => code);
    if (underReview.length > 0 && !cancelsReview) {
      throw failedPrecondition(
        'You already have changes in review. Cancel this review or wait for it to complete before you try again.',
        'CHANGES_ALREADY_IN_REVIEW',
      );
    }
    const toReview = [...edit.written]
      .flatMap((name) => edit.tracks.get(name) ?? [])
      .filter((release) => release.status !== 'draft' && !this.hasPassed(release));
    if (isNotSent && !this.isHeldBack) {
      throw invalid('Changes are sent for review automatically. The query parameter changesNotSentForReview must not be set.');
    }
    if (toReview.length > 0 && this.isHeldBack && !isNotSent) {
      throw invalid(
        'Changes cannot be sent for review automatically. Please set the query parameter changesNotSentForReview to true. Once committed, the changes in this edit can be sent for review from the Google Play Console UI.',
      );
    }
    for (const [name, releases] of edit.tracks) this.putTrack(name, releases);
    this.bundles = edit.bundles;
    for (const release of toReview) this.send(release, isNotSent);
    for (const code of underReview) if (!toReview.some(({ versionCodes }) => versionCodes?.includes(String(code)))) this.count(code);
    edit.state = 'committed';
  }

  summaries(
    track: string,
  ): { releaseName: string; track: string; activeArtifacts: { versionCode: number }[]; releaseLifecycleState: string }[] {
    return this.releases(track).flatMap(({ name = '', versionCodes = [], status }) => {
      const state = this.reviews.get(Number(versionCodes[0])) ?? (status === 'draft' ? 'DRAFT' : undefined);
      const activeArtifacts = versionCodes.map((code) => ({ versionCode: Number(code) }));
      return state === undefined ? [] : [{ releaseName: name, track, activeArtifacts, releaseLifecycleState: `${PREFIX}${state}` }];
    });
  }

  private hasPassed({ versionCodes = [] }: FakeRelease): boolean {
    return versionCodes.every((code) => ['PUBLISHED', 'APPROVED_NOT_PUBLISHED'].includes(this.reviews.get(Number(code)) ?? ''));
  }

  private send({ versionCodes = [] }: FakeRelease, isNotSent: boolean): void {
    for (const code of versionCodes.map(Number)) {
      this.reviews.set(code, isNotSent ? 'NOT_SENT_FOR_REVIEW' : 'IN_REVIEW');
      if (!isNotSent) this.count(code);
    }
  }

  private count(code: number): void {
    this.submissions.set(code, (this.submissions.get(code) ?? 0) + 1);
  }

  /** What everybody got until now is kept aside, and comes back when its successor is halted. */
  private putTrack(name: string, releases: FakeRelease[]): void {
    const gone = this.releases(name).filter((old) => old.status === 'completed' && !releases.some((each) => isSame(each, old)));
    const former = [...gone, ...(this.former.get(name) ?? [])];
    const served = releases.some(({ status }) => status === 'completed');
    const [back] = served ? [] : former.splice(0, releases.some(({ status }) => status === 'halted') ? 1 : 0);
    this.former.set(name, former);
    this.tracks.set(name, back === undefined ? releases : [...releases, back]);
  }

  private checkHalt(track: string, release: FakeRelease, releases: readonly FakeRelease[]): void {
    if (release.status !== 'halted' || release.userFraction !== undefined) return;
    const isBacked = releases.some(({ status }) => status === 'completed') || (this.former.get(track) ?? []).length > 0;
    if (!isBacked) throw failedPrecondition('The first release of a track cannot be halted.');
  }
}

const isSame = (one: FakeRelease, other: FakeRelease) => one.versionCodes?.join() === other.versionCodes?.join();
const digest = (algorithm: string, content: Uint8Array | string) => createHash(algorithm).update(content).digest('hex');

/** Stands for a signed bundle; the fake reads the version code from its beginning. */
export function bundleFile(versionCode: number, filling = ''): Buffer {
  return Buffer.from(`PK\u0003\u0004 versionCode=${versionCode}\n${filling}`);
}
