import { describe, expect, it } from 'vitest';
import { type HistoryStep, replay } from './replay.ts';

const step = (
  entityType: string,
  entityId: string,
  action: string,
  ...items: [string, string | null, string | null, string?][]
): HistoryStep => ({
  ...{ entityType, entityId, action },
  items: items.map(([field, before, after, moved]) => ({ field, before, after, entityId: moved ?? null })),
});

describe('a replayed history', () => {
  it('leads to the last status of each row, whoever moved it', () => {
    const { tasks, stages, run } = replay([
      step('run', 'R', 'CREATE', ['status', '', 'PENDING']),
      step('stage', 'S', 'UPDATE', ['status', 'PENDING', 'IN_PROGRESS'], ['attempt', '0', '1']),
      step('task', 'A', 'CREATE', ['type', null, 'FORK'], ['status', null, 'READY']),
      step('task', 'B', 'CREATE', ['type', null, 'TAG'], ['status', null, 'PENDING']),
      step('task', 'A', 'UPDATE', ['status', 'IN_PROGRESS', 'COMPLETED'], ['status', 'PENDING', 'READY', 'B']),
      step('run', 'R', 'UPDATE', ['status', 'PENDING', 'IN_PROGRESS']),
    ]);

    expect(tasks).toEqual({
      A: { type: 'FORK', status: 'COMPLETED', waitReason: null },
      B: { type: 'TAG', status: 'READY', waitReason: null },
    });
    expect(stages).toEqual({ S: { status: 'IN_PROGRESS', attempt: '1' } });
    expect(run).toEqual({ status: 'IN_PROGRESS' });
  });

  it('knows what a task waits for only while it waits', () => {
    const waits = [
      step('task', 'A', 'CREATE', ['status', null, 'READY']),
      step('task', 'A', 'UPDATE', ['status', 'IN_PROGRESS', 'WAITING'], ['waitReason', null, 'CALLBACK']),
    ];

    expect(replay(waits).tasks.A).toEqual({ status: 'WAITING', waitReason: 'CALLBACK' });
    expect(replay([...waits, step('task', 'A', 'UPDATE', ['status', 'IN_PROGRESS', 'FAILED'])]).tasks.A).toEqual({
      status: 'FAILED',
      waitReason: null,
    });
  });

  it('keeps holds as a set', () => {
    const placed = [step('run', 'R', 'ADD', ['hold', null, 'USER_REQUESTED']), step('run', 'R', 'ADD', ['hold', null, 'TASK_FAILURE(A)'])];

    expect(replay(placed).holds).toEqual(['TASK_FAILURE(A)', 'USER_REQUESTED']);
    expect(replay([...placed, step('run', 'R', 'REMOVE', ['hold', 'USER_REQUESTED', null])]).holds).toEqual(['TASK_FAILURE(A)']);
  });

  it('knows the slots of the beginning and those that came later, and none that was removed', () => {
    const { slots, release } = replay([
      step(
        'release',
        'X',
        'CREATE',
        ['branch', null, 'release/1'],
        ['slot', null, 'Monday', 'S1'],
        ['automation', null, 'false', 'S1'],
        ['slot', null, 'Tuesday', 'S2'],
      ),
      step('slot', 'S3', 'ADD', ['date', null, 'Friday'], ['automation', null, 'true']),
      step('slot', 'S1', 'UPDATE', ['status', 'PLANNED', 'USED']),
      step('slot', 'S2', 'REMOVE', ['date', 'Tuesday', null]),
    ]);

    expect(slots).toEqual({
      S1: { status: 'USED', date: 'Monday', automation: 'false' },
      S3: { status: 'PLANNED', date: 'Friday', automation: 'true' },
    });
    expect(release).toEqual({ branch: 'release/1' });
  });

  it('begins submissions and rollouts as they begin', () => {
    const state = replay([
      step('submission', 'U', 'CREATE', ['buildNumber', null, '7']),
      step('rollout', 'O', 'CREATE', ['plan', null, 'staged']),
      step('rollout', 'O', 'UPDATE', ['wanted', 'RUN', 'HALT']),
    ]);

    expect(state.submissions.U).toEqual({ status: 'PREPARING', buildNumber: '7' });
    expect(state.rollouts.O).toMatchObject({ status: 'PENDING', wanted: 'HALT', step: '0' });
  });

  it('shows where something was not written down, and takes a claim for granted', () => {
    const created = step('task', 'A', 'CREATE', ['status', null, 'READY']);

    expect(replay([created, step('task', 'A', 'UPDATE', ['status', 'IN_PROGRESS', 'COMPLETED'])]).breaks).toEqual([]);
    expect(replay([created, step('task', 'A', 'UPDATE', ['status', 'FAILED', 'READY'])]).breaks).toEqual([
      'task A: READY ≠ FAILED → READY',
    ]);
  });

  it('knows how blockers stand and which milestones it is part of', () => {
    const { blockers, milestones } = replay([
      step('blocker', 'K', 'ADD', ['status', null, 'OPEN'], ['title', null, 'Prices are wrong']),
      step('milestone', 'M2', 'ADD', ['name', null, 'Vouchers']),
      step('milestone', 'M1', 'ADD', ['name', null, 'Brazil']),
      step('blocker', 'K', 'UPDATE', ['status', 'OPEN', 'WAIVED']),
      step('milestone', 'M2', 'REMOVE', ['name', 'Vouchers', null]),
    ]);

    expect(blockers).toEqual({ K: { status: 'WAIVED', title: 'Prices are wrong' } });
    expect(milestones).toEqual(['M1']);
  });

  it('takes a gate that was overridden for a gate, not for an approval', () => {
    const { approvals, tasks } = replay([
      step('task', 'G', 'CREATE', ['status', null, 'READY']),
      step('approval', 'G', 'ADD', ['gateOverride', null, 'APPROVE_REGRESSION'], ['unmet:approvals', null, '0 of 1 approval']),
    ]);

    expect(approvals).toEqual({});
    expect(tasks.G).toMatchObject({ status: 'READY', gateOverride: 'APPROVE_REGRESSION' });
  });

  it('lets pass what it knows nothing of', () => {
    const { breaks, ...state } = replay([
      step('upload', 'K', 'ADD', ['fileName', null, 'shop.apk']),
      step('task', 'A', 'UPDATE', ['buildCancellation', 'RUNNING', 'REQUESTED', 'BUILD']),
    ]);

    expect(breaks).toEqual([]);
    expect(Object.values(state).every((rows) => Object.keys(rows).length === 0)).toBe(true);
  });
});
