import { describe, expect, it } from 'vitest';
import { runState } from './run-state.ts';

describe('runState', () => {
  it.each([
    ['queued', 'queued'],
    ['requested', 'queued'],
    ['waiting', 'blocked'],
    ['pending', 'blocked'],
    ['in_progress', 'running'],
  ])('status %s is %s', (status, kind) => {
    expect(runState(status, null).kind).toBe(kind);
  });

  it.each([
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['timed_out', 'failed'],
    ['startup_failure', 'failed'],
    ['neutral', 'failed'],
    ['skipped', 'failed'],
    ['stale', 'failed'],
    ['cancelled', 'cancelled'],
    ['action_required', 'blocked'],
  ])('completed with %s is %s', (conclusion, kind) => {
    expect(runState('completed', conclusion).kind).toBe(kind);
  });

  it.each([
    [null, null, 'null'],
    ['paused', null, 'paused'],
    ['completed', null, 'completed/null'],
    ['completed', 'splendid', 'completed/splendid'],
  ])('status %s with conclusion %s stays visible as unknown', (status, conclusion, raw) => {
    expect(runState(status, conclusion)).toEqual({ kind: 'unknown', raw });
  });

  it('only success counts as passed, even where a conclusion arrives before the end', () => {
    expect(runState('in_progress', 'success')).toEqual({ kind: 'running' });
  });
});
