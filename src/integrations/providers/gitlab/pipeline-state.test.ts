import { expect, it } from 'vitest';
import { pipelineState } from './pipeline-state.ts';

it.each([
  ['created', 'queued'],
  ['waiting_for_resource', 'blocked'],
  ['preparing', 'queued'],
  ['waiting_for_callback', 'blocked'],
  ['pending', 'queued'],
  ['running', 'running'],
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['canceling', 'running'],
  ['canceled', 'cancelled'],
  ['skipped', 'failed'],
  ['manual', 'blocked'],
  ['scheduled', 'blocked'],
])('a pipeline that is %s is %s', (status, kind) => {
  expect(pipelineState(status).kind).toBe(kind);
});

it.each(['', 'succeeded', 'SUCCESS', 'constructor'])('a status that is not documented (%j) stays visible as unknown', (status) => {
  expect(pipelineState(status)).toEqual({ kind: 'unknown', raw: status });
});
