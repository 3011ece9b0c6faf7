import { describe, expect, it } from 'vitest';
import { gateActions, readPress, retryActions } from './message-actions.ts';

const releaseId = '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z';
const taskId = '01JD8Z2M6Y6Q6S7T8V9W0X1Y30';
const candidate = { releaseId, taskId, commit: 'a'.repeat(40), name: 'v1.4.0-rc.2' };
const pressOf = ({ id, value }: { id: string; value: string }) => readPress({ actionId: id, value });

describe('the buttons of a gate', () => {
  it('carry the gate and the candidate that the message shows', () => {
    const presses = gateActions(candidate).map(pressOf);

    expect(presses).toEqual([
      { do: 'approve', releaseId, taskId, commit: candidate.commit },
      { do: 'reject', releaseId, taskId, commit: candidate.commit },
    ]);
  });

  it('ask again before a rejection, by the name of the candidate', () => {
    const [approve, reject] = gateActions(candidate);

    expect(approve?.confirm).toBeUndefined();
    expect(reject?.confirm).toContain('v1.4.0-rc.2');
  });

  it('fit into what a button may carry, for commits of any length', () => {
    for (const { value } of gateActions({ ...candidate, commit: 'f'.repeat(64) })) expect(value.length).toBeLessThanOrEqual(200);
  });

  it('are none where the commit is not known', () => {
    expect(gateActions({ ...candidate, commit: '' })).toEqual([]);
  });
});

describe('the button of a failed task', () => {
  it('carries the task', () => {
    expect(retryActions({ releaseId, taskId }).map(pressOf)).toEqual([{ do: 'retry', releaseId, taskId }]);
    expect(retryActions({ releaseId, taskId: '' })).toEqual([]);
  });
});

it.each([
  ['gate.approve', ''],
  ['gate.approve', `${releaseId}:${taskId}`],
  ['gate.approve', `${releaseId}:${taskId}:xyz1`],
  ['gate.approve', `${releaseId}:${taskId}:${'a'.repeat(40)}:x`],
  ['gate.approve', `x${releaseId}:${taskId}:${'a'.repeat(40)}`],
  ['task.retry', `${releaseId}:${taskId}:${'a'.repeat(40)}`],
  ['gate.delete', `${releaseId}:${taskId}:${'a'.repeat(40)}`],
  ['constructor', `${releaseId}:${taskId}`],
])('a press of %s about %j asks for nothing', (actionId, value) => {
  expect(readPress({ actionId, value })).toBeNull();
});
