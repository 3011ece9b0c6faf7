import { describe, expect, it } from 'vitest';
import type { DeploymentPlan, RecipeStep } from './plan.ts';
import { currentTry, recipeStepOf, tryUnderWay } from './recipe-try.ts';

const TASK = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const at = '2026-01-02T03:04:05.000Z';
const intent = (value: string | null = null) => ({ at, value });

describe('the try of a step', () => {
  it('has a key of its own, found again from what was stored', () => {
    const first = currentTry(TASK, {});
    const second = currentTry(TASK, { [first.begins]: intent('c'), [first.ends]: intent() });

    expect(first.key).toMatch(/^[a-z0-9-]+-1$/);
    expect(second.key).toMatch(/-2$/);
    expect(currentTry(TASK, { [first.begins]: intent('c') })).toEqual(first);
  });

  it('is under way from its beginning to its end, each try for itself', () => {
    const first = currentTry(TASK, {});
    const begun = { [first.begins]: intent('c') };
    const ended = { ...begun, [first.ends]: intent() };
    const second = currentTry(TASK, ended);

    expect(tryUnderWay(TASK, {})).toBeNull();
    expect(tryUnderWay(TASK, begun)).toMatchObject({ key: first.key, commit: 'c', since: new Date(at) });
    expect(tryUnderWay(TASK, ended)).toBeNull();
    expect(tryUnderWay(TASK, { ...ended, [second.begins]: intent('c') })?.key).toBe(second.key);
  });
});

describe('the step that a task runs', () => {
  const step = (command: string): RecipeStep => ({ by: 'job', integrationId: 'J', command: [command], artifactPath: null, timeoutMs: 1 });
  const smoke = { ...step('test'), junitPath: 'report.xml' };
  const recipe = { build: step('make'), tests: { smoke } };
  const plan = {
    services: [
      { serviceId: 'A', recipe: null },
      { serviceId: 'B', recipe },
    ],
  } as unknown as DeploymentPlan;

  it.each([
    ['BUILD_ARTIFACT', { serviceId: 'B' }, recipe.build],
    ['RUN_TESTS', { serviceId: 'B', suite: 'smoke' }, smoke],
    ['RUN_TESTS', { serviceId: 'B', suite: 'full' }, null],
    ['BUILD_ARTIFACT', { serviceId: 'A' }, null],
    ['BUILD_ARTIFACT', { serviceId: 'C' }, null],
    ['DEPLOY_SERVICE', { serviceId: 'B' }, null],
  ])('is by its type, service and suite: %s %j', (type, input, expected) => {
    expect(recipeStepOf(plan, { type, input })).toBe(expected);
  });
});
