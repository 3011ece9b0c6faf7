import { describe, expect, it } from 'vitest';
import { type KeptTrackRollout, pendingTrackRollout } from '../../domain/deployment/track-rollout.ts';
import { type CommandedTrackRollout, judgeTrackCommand } from './track-rollout-command.ts';

const steps = [10, 50, 100].map((percent) => ({ percent, waitMinutes: null }));
const play = { rollout: { kind: 'staged' }, haltsLive: true, releasesOnRequest: false } as const;

function rollout(
  progress: Partial<KeptTrackRollout['progress']> = {},
  changes: Partial<CommandedTrackRollout['state'] & { taskStatus: CommandedTrackRollout['taskStatus'] }> = {},
): CommandedTrackRollout {
  const { taskStatus = 'WAITING', ...state } = changes;
  const going = { ...pendingTrackRollout, status: 'PROGRESSING', step: 1, fraction: 0.1, stepReachedAt: 1 } as const;
  return {
    ...{ taskStatus, state: { wanted: 'RUN', advanceRequestedAt: null, ...state } },
    track: { track: { plan: { kind: 'staged', steps }, abilities: play }, configVersion: '', progress: { ...going, ...progress } },
  };
}
const halted = { status: 'PAUSED', pauseReason: 'manual' } as const;

describe('what a command comes to for a rollout in a store', () => {
  it.each([
    ['pause', rollout(), { do: 'want', wanted: 'PAUSE' }],
    ['pause', rollout({}, { wanted: 'PAUSE' }), { do: 'nothing' }],
    ['resume', rollout(halted, { wanted: 'PAUSE' }), { do: 'want', wanted: 'RUN' }],
    ['advance', rollout(), { do: 'advance' }],
    ['advance', rollout({}, { advanceRequestedAt: 1 }), { do: 'nothing' }],
    ['promote', rollout(), { do: 'want', wanted: 'PROMOTE' }],
    ['abort', rollout(halted, { wanted: 'PAUSE' }), { do: 'want', wanted: 'ABORT' }],
    ['abort', rollout({}, { wanted: 'ABORT' }), { do: 'nothing' }],
  ] as const)('%s is a wish, once', (command, of, verdict) => {
    expect(judgeTrackCommand(command, of)).toEqual(verdict);
  });

  it.each([
    ['resume', rollout()],
    ['advance', rollout(halted, { wanted: 'PAUSE' })],
    ['promote', rollout({}, { wanted: 'ABORT' })],
    ['resume', rollout({}, { wanted: 'ABORT' })],
    ['abort', rollout({ status: 'COMPLETED', fraction: 1 })],
    ['pause', rollout({ status: 'COMPLETED', fraction: 1 })],
    ['resume', rollout({ status: 'ABORTED' })],
    ['abort', rollout({}, { taskStatus: 'FAILED' })],
    ['pause', rollout({}, { taskStatus: 'CANCELLED' })],
  ] as const)('%s is refused where nothing would come of it', (command, of) => {
    expect(judgeTrackCommand(command, of)).toMatchObject({ do: 'refuse' });
  });
});
