import { allPlatforms, buildTask } from '../build-task.ts';

/** Builds of the release branch before the first candidate. */
export const triggerPreRegressionBuilds = buildTask({
  workflowType: 'PRE_REGRESSION_BUILD',
  stageKey: 'KICKOFF',
  platforms: allPlatforms,
  ref: ({ release }) => release.branch,
  needsArtifact: true,
});
