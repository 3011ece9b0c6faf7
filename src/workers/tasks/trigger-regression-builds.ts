import { allPlatforms, buildTask } from '../build-task.ts';
import { candidateOf, cycleOf } from '../release-refs.ts';

/** Builds of the candidate, from its tag. */
export const triggerRegressionBuilds = buildTask({
  workflowType: 'REGRESSION_BUILD',
  stageKey: 'REGRESSION',
  platforms: allPlatforms,
  ref: ({ release, task }) => candidateOf(cycleOf(release, task.input)).tag,
  needsArtifact: true,
});
