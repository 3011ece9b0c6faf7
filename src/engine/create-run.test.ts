import { describe, expect, it } from 'vitest';
import type { TaskPlan } from '../domain/run.ts';
import { inDependencyOrder } from './create-run.ts';

const plan = (key: string, ...dependsOn: string[]): TaskPlan => ({
  ...{ key, type: 'NOOP', dependsOn, notBefore: null, input: null, maxAttempts: 1, deadlineMs: 1_000, onDeadline: 'fail' },
});
const keys = (plans: readonly TaskPlan[]) => inDependencyOrder(plans).map(({ key }) => key);

describe('inDependencyOrder', () => {
  it('puts every task behind all it depends on', () => {
    expect(keys([plan('D', 'B', 'C'), plan('C', 'A'), plan('B', 'A'), plan('A')])).toEqual(['A', 'B', 'C', 'D']);
  });

  it('keeps an order that is one already', () => {
    expect(keys([plan('A'), plan('X'), plan('B', 'A')])).toEqual(['A', 'X', 'B']);
  });

  it('refuses a cycle, a task that waits for itself among them', () => {
    expect(() => keys([plan('A', 'C'), plan('B', 'A'), plan('C', 'B')])).toThrow(/cycle/);
    expect(() => keys([plan('A', 'A')])).toThrow(/cycle/);
  });

  it('refuses a dependency that is not in the plan', () => {
    expect(() => keys([plan('A', 'Z')])).toThrow('A depends on Z, which is not in the plan');
  });

  it('refuses a key that stands there twice', () => {
    expect(() => keys([plan('A'), plan('A')])).toThrow(/unique/);
  });
});
