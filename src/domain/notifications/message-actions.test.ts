import { describe, expect, it } from 'vitest';
import { gateActions, readPress, retryActions, rolloutActions } from './message-actions.ts';

const releaseId = '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z';
const taskId = '01JD8Z2M6Y6Q6S7T8V9W0X1Y30';
const subject = ['0', 'a', 'f'].map((digit) => digit.repeat(16)).join('-');
const about = { kind: 'release' as const, id: releaseId };
const candidate = { about, taskId, commit: 'a'.repeat(40), subject, name: 'v1.4.0-rc.2' };
const pressOf = ({ id, value }: { id: string; value: string }) => readPress({ actionId: id, value });

describe('the buttons of a gate', () => {
  it('carry the gate and the candidate that the message shows', () => {
    const presses = gateActions(candidate).map(pressOf);

    expect(presses).toEqual([
      { do: 'approve', about, taskId, commit: candidate.commit, subject },
      { do: 'reject', about, taskId, commit: candidate.commit, subject },
    ]);
  });

  it('of a deployment are no press on a release of the same id', () => {
    const ofDeployment = { kind: 'deployment' as const, id: releaseId };

    const presses = gateActions({ ...candidate, about: ofDeployment }).map(pressOf);

    expect(presses).toMatchObject([
      { do: 'approve', about: ofDeployment },
      { do: 'reject', about: ofDeployment },
    ]);
  });

  it('carry no more than the commit where the gate asks about nothing else', () => {
    const [approve] = gateActions({ ...candidate, subject: null }).map(pressOf);

    expect(approve).toEqual({ do: 'approve', about, taskId, commit: candidate.commit });
  });

  it('ask again before a rejection, by the name of the candidate', () => {
    const [approve, reject] = gateActions(candidate);

    expect(approve?.confirm).toBeUndefined();
    expect(reject?.confirm).toContain('v1.4.0-rc.2');
  });

  it('fit into what a button may carry, for commits of any length', () => {
    for (const { value } of gateActions({ ...candidate, about: { kind: 'deployment', id: releaseId }, commit: 'f'.repeat(64) }))
      expect(value.length).toBeLessThanOrEqual(200);
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

describe('the buttons of a rollout that waits for a person', () => {
  const rollout = { deploymentId: releaseId, serviceId: taskId, step: 3, lackingSince: null, name: 'api' };

  it('carry the step that the message shows, and go on by the command of its strategy', () => {
    const place = { deploymentId: releaseId, serviceId: taskId, step: 3, lackingSince: null };

    expect(rolloutActions({ ...rollout, goesOn: 'advance' }).map(pressOf)).toEqual([
      { do: 'advance', ...place },
      { do: 'abort', ...place },
    ]);
    expect(rolloutActions({ ...rollout, goesOn: 'promote' }).map(pressOf)[0]).toEqual({ do: 'promote', ...place });
  });

  it('carry since when evidence is lacking, where that is what is asked about, and ask again before it goes on without', () => {
    const lackingSince = Date.parse('2026-11-20T10:00:00.000Z');
    const actions = rolloutActions({ ...rollout, lackingSince, goesOn: 'advance' });

    expect(actions.map(pressOf)).toMatchObject([
      { do: 'advance', step: 3, lackingSince },
      { do: 'abort', step: 3, lackingSince },
    ]);
    expect(actions[0]?.confirm).toContain('without evidence');
  });

  it('ask again before an abort, by the name of the service', () => {
    const [goOn, abort] = rolloutActions({ ...rollout, goesOn: 'promote' });

    expect([goOn?.confirm, abort?.confirm]).toEqual([undefined, expect.stringContaining('api')]);
  });
});

it.each([
  ['deployment.approve', `${releaseId}:${taskId}`],
  ['rollout.advance', `${releaseId}:${taskId}`],
  ['rollout.advance', `${releaseId}:${taskId}:-1`],
  ['rollout.pause', `${releaseId}:${taskId}:1`],
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
