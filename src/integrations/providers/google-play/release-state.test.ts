import { describe, expect, it } from 'vitest';
import { type Review, reviewOf, stateOf } from './release-state.ts';

const told = (name: string): Review => ({ kind: 'told', state: `RELEASE_LIFECYCLE_STATE_${name}` });

describe('the state of a release on Google Play', () => {
  const statuses = [{ status: 'draft' }, { status: 'inProgress', userFraction: 0.2 }, { status: 'halted' }, { status: 'completed' }];

  it.each([
    ['DRAFT', { kind: 'draft' }],
    ['NOT_SENT_FOR_REVIEW', { kind: 'draft' }],
    ['IN_REVIEW', { kind: 'in-review' }],
    ['NOT_APPROVED', { kind: 'rejected', reason: null }],
    ['APPROVED_NOT_PUBLISHED', { kind: 'approved' }],
    ['UNSPECIFIED', { kind: 'unknown', raw: 'RELEASE_LIFECYCLE_STATE_UNSPECIFIED' }],
    ['OF_TOMORROW', { kind: 'unknown', raw: 'RELEASE_LIFECYCLE_STATE_OF_TOMORROW' }],
    ['constructor', { kind: 'unknown', raw: 'RELEASE_LIFECYCLE_STATE_constructor' }],
  ])('goes by review while that says %s', (name, state) => {
    for (const release of statuses) expect(stateOf(release, told(name))).toEqual(state);
  });

  it.each<[string, Review]>([
    ['once it is published', told('PUBLISHED')],
    ['where Google tells nothing about reviews', { kind: 'unavailable' }],
  ])('goes by the track %s', (_when, review) => {
    expect(statuses.map((release) => stateOf(release, review))).toEqual([
      { kind: 'draft' },
      { kind: 'rolling-out', fraction: 0.2 },
      { kind: 'halted', fraction: 1 },
      { kind: 'live' },
    ]);
    expect(stateOf({ status: 'halted', userFraction: 0.3 }, review)).toEqual({ kind: 'halted', fraction: 0.3 });
  });

  it('is neither live nor rolling out before review names it', () => {
    expect(statuses.map((release) => stateOf(release, { kind: 'missing' }).kind)).toEqual(['draft', 'processing', 'halted', 'processing']);
  });

  it.each([
    {},
    { status: 'statusUnspecified' },
    { status: 'ofTomorrow' },
    { status: 'inProgress' },
    { status: 'inProgress', userFraction: 0 },
    { status: 'inProgress', userFraction: 1 },
  ])('is unknown where the track says %o', (release) => {
    expect(stateOf(release, told('PUBLISHED')).kind).toBe('unknown');
  });

  it('is that of the summary with its version code', () => {
    const summaries = [
      { releaseLifecycleState: 'A', activeArtifacts: [{ versionCode: 1 }] },
      { releaseLifecycleState: 'B', activeArtifacts: [{ versionCode: 2 }, { versionCode: 3 }] },
      { activeArtifacts: [{ versionCode: 4 }] },
    ];

    expect(reviewOf({ versionCodes: ['3'] }, summaries)).toEqual({ kind: 'told', state: 'B' });
    expect(reviewOf({ versionCodes: ['4'] }, summaries)).toEqual({ kind: 'told', state: 'none' });
    expect(reviewOf({ versionCodes: ['5'] }, summaries)).toEqual({ kind: 'missing' });
    expect(reviewOf({}, summaries)).toEqual({ kind: 'missing' });
  });
});
