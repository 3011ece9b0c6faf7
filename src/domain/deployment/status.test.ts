import { describe, expect, it } from 'vitest';
import { deploymentPlan, plannedService, targetBody } from '../../../test/data/deployment-facts.ts';
import type { MetricDefinition } from '../analysis/metric.ts';
import { minimumTime, strategyMinimumMs } from './minimum-time.ts';
import { deploymentStatus, type StatusFacts } from './status.ts';

const facts = (changes: Partial<StatusFacts> = {}): StatusFacts => ({
  ...{
    outcome: null,
    runStatus: 'IN_PROGRESS',
    stages: [{ key: 'DEPLOY', status: 'IN_PROGRESS' }],
    holds: [],
    waits: [],
    cancelRequested: false,
  },
  ...changes,
});

describe('deploymentStatus', () => {
  it.each([
    ['DEPLOYING', {}],
    ['PENDING', { runStatus: 'PENDING' }],
    ['AWAITING_WINDOW', { waits: ['WINDOW'] }],
    ['AWAITING_APPROVAL', { holds: ['AWAITING_APPROVAL'] }],
    ['PAUSED', { holds: ['AWAITING_APPROVAL', 'USER_REQUESTED'], waits: ['WINDOW'] }],
    ['PAUSED', { holds: ['TASK_FAILURE'] }],
    ['ROLLING_BACK', { stages: [{ key: 'ROLL_BACK', status: 'IN_PROGRESS' }], holds: ['USER_REQUESTED'] }],
    ['ROLLING_BACK', { cancelRequested: true }],
    ['ROLLBACK_FAILED', { outcome: 'ROLLBACK_FAILED', holds: ['USER_REQUESTED'], cancelRequested: true }],
  ] as const)('is %s', (status, changes) => {
    expect(deploymentStatus(facts(changes as Partial<StatusFacts>))).toBe(status);
  });
});

describe('minimumTime', () => {
  const canary = (...forMs: number[]) =>
    targetBody({
      strategy: { kind: 'canary', steps: forMs.map((ms) => ({ do: 'pause', forMs: ms })), background: null, drainMs: 5 },
      health: [{ kind: 'tcp', intervalMs: 10, timeoutMs: 1, successes: 3, withinMs: 100 }],
    });

  it('adds up what the services wait for one after the other, and overlaps what runs at once', () => {
    const services = [plannedService('a', { target: canary(100, 200) }), plannedService('b', { target: canary(50) })];
    const environment = { ...deploymentPlan([]).environment, maxParallel: 2 };

    expect(minimumTime(deploymentPlan(services))).toEqual({ deployMs: 305 + 20 + 55 + 20 + 20, rollbackMs: 20 + 20 + 20 });
    expect(minimumTime(deploymentPlan(services, { environment })).deployMs).toBe(305 + 20 + 20);
  });

  it('counts no steps where nothing ran before, or on a way back', () => {
    expect(minimumTime(deploymentPlan([plannedService('a', { target: canary(100), from: null })])).deployMs).toBe(20 + 20);
  });

  it.each([
    ['the analysis beside the steps takes longer', 300, 200, 305],
    ['the steps take longer', 300, 900, 905],
  ])('waits for steps and background analysis at once: %s', (_case, backgroundMs, pauseMs, expected) => {
    const metric: MetricDefinition = {
      ...{ name: 'errors', query: 'errors', intervalMs: 100, initialDelayMs: 0, until: { kind: 'time', ms: backgroundMs } },
      ...{ successCondition: { op: '<', threshold: 1 }, failureCondition: null, failureLimit: 0, inconclusiveLimit: 0 },
      ...{ consecutiveErrorLimit: 5, minSamples: 1 },
    };

    const strategy = {
      ...{ kind: 'canary' as const, steps: [{ do: 'pause' as const, forMs: pauseMs }], drainMs: 5 },
      background: { metrics: [metric], inconclusiveDeadlineMs: 1000 },
    };

    expect(strategyMinimumMs(strategy)).toBe(expected);
  });
});
