import { describe, expect, it } from 'vitest';
import { rolloutPresets } from '../../domain/rollout/presets.ts';
import { judgeCommand, type RolloutCommand, type Verdict } from './rollout-command.ts';

type Rollout = Parameters<typeof judgeCommand>[1];

const going: Rollout = {
  ...{ status: 'PROGRESSING', pauseReason: null, wanted: 'RUN', step: 2, advanceRequestedAt: null, taskStatus: 'WAITING' },
  plan: rolloutPresets['play-staged'],
};
const states = {
  pending: { ...going, status: 'PENDING', step: 0 },
  going,
  'waiting on its step': { ...going, status: 'PAUSED', pauseReason: 'step' },
  'about to be halted': { ...going, wanted: 'HALT' },
  'halted here': { ...going, status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT' },
  'halted outside': { ...going, status: 'PAUSED', pauseReason: 'outside', wanted: 'HALT' },
  'about to be resumed': { ...going, status: 'PAUSED', pauseReason: 'manual', wanted: 'RUN' },
  'about to be completed': { ...going, wanted: 'COMPLETE' },
  'about to advance': { ...going, advanceRequestedAt: new Date(0) },
  'on its last step': { ...going, step: 6 },
  phased: { ...going, plan: rolloutPresets.phased },
  complete: { ...going, status: 'COMPLETED', step: 6 },
  aborted: { ...going, status: 'ABORTED' },
  'complete, its task ended': { ...going, status: 'COMPLETED', taskStatus: 'COMPLETED', step: 6 },
  'halted while live': { ...going, ...{ status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT', taskStatus: 'COMPLETED' }, step: 6 },
  'going, its task skipped': { ...going, taskStatus: 'SKIPPED' },
  'halted while its task was called off': { ...going, ...{ status: 'PAUSED', pauseReason: 'outside', taskStatus: 'CANCELLED' } },
  'on a step, its task skipped': { ...going, ...{ status: 'PAUSED', pauseReason: 'step', taskStatus: 'SKIPPED' } },
  'about to be halted, its task failed': { ...going, wanted: 'HALT', taskStatus: 'FAILED' },
} satisfies Record<string, Rollout>;

const told = (command: RolloutCommand) =>
  Object.fromEntries(
    Object.entries(states).map(([name, state]) => {
      const verdict = judgeCommand(command, state);
      return [name, wordOf(verdict)];
    }),
  );

function wordOf(verdict: Verdict): string {
  if (verdict.do === 'want') return verdict.wanted;
  if (verdict.do === 'ask-store') return `${verdict.act} at the store`;
  return verdict.do === 'refuse' ? verdict.why : verdict.do;
}

const complete = expect.stringContaining('is complete');
const aborted = expect.stringContaining('aborted');
const halted = expect.stringContaining('resume it first');
const noTask = expect.stringContaining('no task');
const nothing = expect.stringContaining('nothing to resume');

describe('while a window is closed', () => {
  const kept: Rollout = { ...going, status: 'PAUSED', pauseReason: 'window' };
  const stopped: Rollout = { ...going, status: 'PAUSED', pauseReason: 'window-halt', wanted: 'HALT' };
  const judged = (rollout: Rollout) =>
    (['halt', 'resume', 'advance', 'complete'] as const).map((command) => wordOf(judgeCommand(command, rollout)));

  it('what only stands still takes wishes as if it went on, and is not resumed', () => {
    expect(judged(kept)).toEqual(['HALT', expect.stringContaining('It waits for a window'), 'advance', 'COMPLETE']);
  });

  it('what was halted is resumed by a person, like any other halt', () => {
    expect(judged(stopped)).toEqual(['nothing', 'RUN', halted, halted]);
  });
});

describe('judgeCommand', () => {
  it('halts whatever has not ended, once: by its task, or at the store where no task looks any more', () => {
    expect(told('halt')).toEqual({
      ...Object.fromEntries(Object.keys(states).map((name) => [name, 'HALT'])),
      ...{ 'about to be halted': 'nothing', 'halted here': 'nothing', 'halted outside': 'nothing', aborted },
      ...{ complete: 'halt at the store', 'complete, its task ended': 'halt at the store', 'going, its task skipped': 'halt at the store' },
      ...{ 'halted while live': 'nothing', 'halted while its task was called off': 'nothing' },
      ...{ 'on a step, its task skipped': 'halt at the store', 'about to be halted, its task failed': 'nothing' },
    });
  });

  it('resumes what is halted or about to be, and nothing else', () => {
    expect(told('resume')).toEqual({
      ...Object.fromEntries(Object.keys(states).map((name) => [name, nothing])),
      ...{ 'about to be halted': 'RUN', 'about to be halted, its task failed': 'RUN', 'halted here': 'RUN', 'halted outside': 'RUN' },
      ...{ 'about to be resumed': 'nothing', complete, 'complete, its task ended': complete, aborted },
      ...{ 'halted while live': 'resume at the store', 'halted while its task was called off': 'resume at the store' },
    });
    expect(told('resume')['waiting on its step']).toContain('advance it');
    expect(told('resume').complete).toContain('resumed there');
  });

  it('advances steps of ours while it goes on, once, and never past a halt', () => {
    expect(told('advance')).toEqual({
      pending: expect.stringContaining('not begun'),
      going: 'advance',
      'waiting on its step': 'advance',
      ...{ 'about to be halted': halted, 'halted here': halted, 'halted outside': halted, 'about to be resumed': halted },
      ...{ 'halted while live': halted, 'halted while its task was called off': halted, 'about to be halted, its task failed': halted },
      'about to be completed': expect.stringContaining('being completed'),
      'about to advance': 'nothing',
      'on its last step': expect.stringContaining('last step'),
      phased: expect.stringContaining('its plan is phased'),
      ...{ complete, 'complete, its task ended': complete, aborted },
      ...{ 'going, its task skipped': noTask, 'on a step, its task skipped': noTask },
    });
  });

  it('completes what goes on, whatever its plan, and never past a halt', () => {
    expect(told('complete')).toEqual({
      ...Object.fromEntries(Object.keys(states).map((name) => [name, 'COMPLETE'])),
      ...{ 'about to be halted': halted, 'halted here': halted, 'halted outside': halted, 'about to be resumed': halted },
      ...{ 'halted while live': halted, 'halted while its task was called off': halted, 'about to be halted, its task failed': halted },
      ...{ 'about to be completed': 'nothing', complete: 'nothing', 'complete, its task ended': 'nothing', aborted },
      ...{ 'going, its task skipped': noTask, 'on a step, its task skipped': noTask },
    });
  });
});
