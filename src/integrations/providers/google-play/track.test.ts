import { describe, expect, it } from 'vitest';
import type { TrackRelease } from './schema.ts';
import { hasLater, ownRelease, releasesOfVersion, sentOut, withChanged, withSubmitted } from './track.ts';

const release = (code: number, status: string, more: Partial<TrackRelease> = {}): TrackRelease => ({
  name: `${code}`,
  versionCodes: [String(code)],
  status,
  ...more,
});
const track = (...releases: TrackRelease[]) => ({ track: 'production', releases });
const codes = ({ releases }: { releases: TrackRelease[] }) => releases.map(({ versionCodes = [] }) => versionCodes[0]);

describe('a track with our release submitted', () => {
  const live = release(1, 'completed', { releaseNotes: [{ language: 'en-US', text: 'Old.' }], ofTomorrow: { a: 1 } });
  const draft = release(9, 'draft');

  it('keeps what everybody gets beneath a rollout, whole', () => {
    const ours = release(2, 'inProgress', { userFraction: 0.1 });

    const written = withSubmitted(track(draft, live), ours, []);

    expect(written).toEqual(track(ours, draft, live));
    expect(written.releases[2]).toBe(live);
  });

  it('leaves out what everybody got once ours is for everybody, and keeps drafts', () => {
    expect(codes(withSubmitted(track(live, draft), release(2, 'completed'), []))).toEqual(['2', '9']);
  });

  it.each(['inProgress', 'halted'])('takes the place of a rollout that is %s', (status) => {
    const ours = release(3, 'inProgress', { userFraction: 0.1 });

    expect(codes(withSubmitted(track(release(2, status, { userFraction: 0.5 }), live), ours, []))).toEqual(['3', '1']);
  });

  it('takes the place of what it stands in for', () => {
    const rejected = release(2, 'completed');

    expect(codes(withSubmitted(track(rejected, live), release(3, 'inProgress'), [rejected]))).toEqual(['3', '1']);
  });
});

describe('a track with our release changed', () => {
  const live = release(1, 'completed');
  const ours = release(2, 'inProgress', { userFraction: 0.1 });
  const draft = release(9, 'draft');

  it('has it where it stood, and all others as they were', () => {
    const halted = { ...ours, status: 'halted' };

    expect(withChanged(track(draft, ours, live), ours, halted)).toEqual(track(draft, halted, live));
  });

  it('leaves out what everybody got once ours is for everybody', () => {
    expect(codes(withChanged(track(draft, ours, live), ours, sentOut(ours, null)))).toEqual(['9', '2']);
  });

  it('never leaves out what is later than ours', () => {
    expect(codes(withChanged(track(release(3, 'completed'), ours), ours, sentOut(ours, null)))).toEqual(['3', '2']);
  });
});

describe('our release', () => {
  it('is found by its number, whatever it is called', () => {
    const ours = release(2, 'completed', { name: 'Summer' });

    expect(ownRelease(track(release(3, 'draft', { name: '4.2.0' }), ours), { version: '4.2.0', buildNumber: '2' })).toBe(ours);
    expect(ownRelease(track(ours), { version: 'Summer', buildNumber: '3' })).toBeNull();
  });

  it('is found by its version without a number, the newest of several, also as Google names it', () => {
    const named = [release(2, 'completed', { name: '4.2.0' }), release(4, 'draft', { name: '4 (4.2.0)' })];

    expect(ownRelease(track(...named), { version: '4.2.0', buildNumber: null })).toBe(named[1]);
    for (const name of ['4.2.0-rc', '14.2.0', '4 (14.2.0)', 'beta (4.2.0)', '4 4.2.0', undefined]) {
      expect(releasesOfVersion([release(5, 'draft', { name })], '4.2.0'), String(name)).toEqual([]);
    }
  });

  it('is late once users get a later one', () => {
    for (const status of ['completed', 'inProgress']) expect(hasLater(track(release(10, status)), '9')).toBe(true);
    for (const status of ['draft', 'halted']) expect(hasLater(track(release(10, status)), '9')).toBe(false);
    expect(hasLater(track(release(9, 'completed'), release(8, 'completed')), '9')).toBe(false);
  });

  it('has a fraction only while it rolls out', () => {
    expect(sentOut(release(1, 'halted', { userFraction: 0.2 }), null)).toEqual(release(1, 'completed'));
    expect(sentOut(release(1, 'completed'), 0.2)).toEqual(release(1, 'inProgress', { userFraction: 0.2 }));
  });
});
