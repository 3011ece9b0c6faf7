import { describe, expect, it } from 'vitest';
import type { RolloutProgram } from '../../domain/deployment/rollout/program.ts';
import { pendingRollout, type ServiceRolloutState } from '../../domain/deployment/rollout/rollout.ts';
import { judgeServiceCommand, type ServiceRolloutCommand } from './service-rollout-command.ts';

const program: RolloutProgram = {
  ...{ to: 'green', from: 'blue', inPlace: false, routed: true, firstPhase: 'INSTALLING', background: null },
  steps: [
    { do: 'set-weight', percent: 10, phase: 'STEPPING' },
    { do: 'pause', forMs: null, phase: 'STEPPING' },
    { do: 'set-weight', percent: 100, phase: 'STEPPING' },
  ],
  ...{ drainMs: 0, readyWithinMs: 1_000, health: [] },
};

const judged = (command: ServiceRolloutCommand, state: Partial<ServiceRolloutState>, changes: Partial<RolloutProgram> = {}) =>
  judgeServiceCommand(command, {
    state: { ...pendingRollout, status: 'PROGRESSING', healthyAt: 1, step: 1, ...state },
    program: { ...program, ...changes },
    taskStatus: 'WAITING',
  });

describe('a command on a rollout', () => {
  it('is a wish, and asked twice one wish', () => {
    expect(judged('pause', {})).toEqual({ do: 'want', wanted: 'PAUSE' });
    expect(judged('pause', { wanted: 'PAUSE' })).toEqual({ do: 'nothing' });
    expect(judged('advance', {})).toEqual({ do: 'advance' });
    expect(judged('advance', { advanceRequestedAt: 5 })).toEqual({ do: 'nothing' });
    expect(judged('promote', {})).toEqual({ do: 'want', wanted: 'PROMOTE' });
    expect(judged('abort', { wanted: 'ABORT' })).toEqual({ do: 'nothing' });
  });

  it('resumes only what a person paused', () => {
    expect(judged('resume', { wanted: 'PAUSE' })).toEqual({ do: 'want', wanted: 'RUN' });
    expect(judged('resume', { status: 'PAUSED', pauseReason: 'step' })).toMatchObject({
      do: 'refuse',
      why: expect.stringContaining('advance'),
    });
  });

  it('gives no more traffic to what is paused', () => {
    expect(judged('advance', { wanted: 'PAUSE' })).toMatchObject({ do: 'refuse' });
    expect(judged('promote', { wanted: 'PAUSE' })).toMatchObject({ do: 'refuse' });
  });

  it.each(['pause', 'resume', 'advance', 'promote'] as const)('does not stop an abort: %s', (command) => {
    expect(judged(command, { status: 'ABORTING' })).toMatchObject({ do: 'refuse' });
    expect(judged(command, { wanted: 'ABORT' })).toMatchObject({ do: 'refuse' });
  });

  it.each(['pause', 'resume', 'advance', 'promote', 'abort'] as const)('changes nothing once there is no way back: %s', (command) => {
    expect(judged(command, { phase: 'REMOVING' })).toMatchObject({
      do: 'refuse',
      why: expect.stringContaining('roll the deployment back'),
    });
    expect(judged(command, { status: 'COMPLETED' })).toMatchObject({ do: 'refuse' });
    expect(judged(command, { status: 'ABORTED' })).toMatchObject({ do: 'refuse' });
  });

  it('promotes nothing that takes the place of the old version', () => {
    expect(judged('promote', {}, { inPlace: true })).toMatchObject({ do: 'refuse' });
  });

  it('advances nothing that has no step left, or none yet', () => {
    expect(judged('advance', { step: 3 })).toMatchObject({ do: 'refuse' });
    expect(judged('advance', { healthyAt: null })).toMatchObject({ do: 'refuse' });
  });
});
