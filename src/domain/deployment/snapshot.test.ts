import { describe, expect, it } from 'vitest';
import { idOf, revisionOf } from '../../../test/data/deployment-facts.ts';
import { chooseSnapshot, type SnapshotCandidate } from './snapshot.ts';

const api = { serviceId: idOf('api'), name: 'api' };
const nothing = { serviceReleaseIds: [], artifactIds: [] };
const candidate = (version: string | null, changes: { healthy?: boolean; serviceReleaseId?: string } = {}): SnapshotCandidate => ({
  ...{ id: `S${version}`, deploymentId: `D${version}` },
  services: [
    {
      ...api,
      installed:
        version === null
          ? null
          : {
              ...{
                revision: revisionOf('api', version),
                configVersion: '',
                side: 'blue',
                healthy: true,
                deploymentId: 'D',
                serviceReleaseId: null,
              },
              ...changes,
            },
    },
  ],
});
const chosen = (...args: Parameters<typeof chooseSnapshot>) => {
  const result = chooseSnapshot(...args);
  return 'snapshot' in result ? result.snapshot.id : result.reasons;
};

describe('chooseSnapshot', () => {
  it('takes the newest', () => {
    expect(chosen([candidate('2'), candidate('1')], [api], nothing)).toBe('S2');
  });

  it.each([
    ['nothing ran then', candidate(null), nothing],
    ['it was not healthy then', candidate('2', { healthy: false }), nothing],
    ['its artifact was rolled back', candidate('2'), { ...nothing, artifactIds: [revisionOf('api', '2').artifactId] }],
    ['its release was rolled back', candidate('2', { serviceReleaseId: 'R' }), { ...nothing, serviceReleaseIds: ['R'] }],
  ])('goes on to the one before where %s', (_why, newest, rejected) => {
    expect(chosen([newest, candidate('1')], [api], rejected)).toBe('S1');
  });

  it('says why there is none', () => {
    expect(chosen([candidate(null)], [api], nothing)).toEqual(['nothing of api is known to have run before']);
    expect(chosen([], [api], nothing)).toEqual(['no snapshot was taken before it']);
  });
});
