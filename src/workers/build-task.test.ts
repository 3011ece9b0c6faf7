import { describe, expect, it } from 'vitest';
import type { Build } from '../services/execution/builds/build-service.ts';
import { outcomeOf } from './build-task.ts';

const build = (platform: Build['platform'], status: Build['status'], providerState: string | null = null) =>
  // No more of a build decides how a set of them stands.
  ({
    id: platform,
    platform,
    status,
    providerState,
    url: null,
    artifactName: null,
    artifactUrl: null,
    integrationId: 'CI',
    handle: platform,
  }) as Build;

describe('a set of builds', () => {
  it('has failed as soon as one of them has, and shows which', () => {
    const outcome = outcomeOf([build('ANDROID', 'RUNNING'), build('IOS', 'FAILED', 'timed_out')], 1_000);

    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('IOS failed (timed_out)') },
      output: {
        builds: [
          { platform: 'ANDROID', status: 'RUNNING' },
          { platform: 'IOS', status: 'FAILED', providerState: 'timed_out' },
        ],
      },
    });
  });

  it('is waited for by the runs of CI, and complete when each has succeeded', () => {
    const [android, ios] = [build('ANDROID', 'SUCCEEDED'), build('IOS', 'RUNNING')];

    expect(outcomeOf([android, ios], 1_000)).toMatchObject({
      kind: 'waiting',
      signals: [{ key: 'ci-run:ANDROID' }, { key: 'ci-run:IOS' }],
    });
    expect(outcomeOf([android], 1_000)).toMatchObject({ kind: 'completed', output: { builds: [{ platform: 'ANDROID' }] } });
  });
});
