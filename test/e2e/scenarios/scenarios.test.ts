import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { insightScenarios } from './insight.ts';
import { troubleScenarios } from './trouble.ts';
import { workflowScenarios } from './workflow.ts';
import { openScenarioWorld, type ScenarioWorld, scenarioClock } from './world.ts';

/** Every scenario in one world, one after the other: they move the only clock there is. */
describe.skipIf(scenarioClock === null)('a release in time (needs libfaketime)', () => {
  let world: ScenarioWorld;
  beforeAll(async () => {
    world = await openScenarioWorld({ workers: 2 });
  });
  afterEach(() => world?.mend());
  afterAll(() => world?.stopAll());

  workflowScenarios(() => world);
  insightScenarios(() => world);
  troubleScenarios(() => world);
});
