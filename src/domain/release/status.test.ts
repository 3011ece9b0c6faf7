import { describe, expect, it } from 'vitest';
import { pauseReasons, releaseStatus } from './status.ts';

describe('releaseStatus', () => {
  const live = { archivedAt: null, submittedAt: null };

  it.each([
    ['PENDING', false, 'PENDING'],
    ['PENDING', true, 'PENDING'],
    ['IN_PROGRESS', false, 'IN_PROGRESS'],
    ['IN_PROGRESS', true, 'PAUSED'],
    ['COMPLETED', false, 'COMPLETED'],
    ['CANCELLED', false, 'ARCHIVED'],
  ] as const)('of a run that is %s (held: %s) is %s', (status, held, expected) => {
    expect(releaseStatus({ status, held }, live)).toBe(expected);
  });

  it.each([
    ['PENDING', false, 'PENDING'],
    ['IN_PROGRESS', false, 'SUBMITTED'],
    ['IN_PROGRESS', true, 'PAUSED'],
    ['COMPLETED', false, 'COMPLETED'],
    ['CANCELLED', false, 'ARCHIVED'],
  ] as const)('of a run that is %s (held: %s) is %s when every store has the version', (status, held, expected) => {
    expect(releaseStatus({ status, held }, { archivedAt: null, submittedAt: new Date(0) })).toBe(expected);
  });

  it('is ARCHIVED once archived, whatever the run', () => {
    expect(releaseStatus({ status: 'IN_PROGRESS', held: true }, { archivedAt: new Date(0), submittedAt: new Date(0) })).toBe('ARCHIVED');
  });
});

describe('pauseReasons', () => {
  it('names each hold with its subject, once, in the same order whatever order the rows have', () => {
    const holds = [
      { reason: 'USER_REQUESTED', subject: '' },
      { reason: 'TASK_FAILURE', subject: 'b' },
      { reason: 'TASK_FAILURE', subject: 'a' },
      { reason: 'TASK_FAILURE', subject: 'b' },
    ] as const;

    expect(pauseReasons(holds)).toEqual(['TASK_FAILURE(a)', 'TASK_FAILURE(b)', 'USER_REQUESTED']);
    expect(pauseReasons([...holds].reverse())).toEqual(pauseReasons(holds));
  });
});
