import { buildTask, onlyPlatform } from '../build-task.ts';
import { releaseTagName } from '../release-refs.ts';

/** The iOS build for TestFlight, from the final tag. */
export const triggerTestFlightBuild = buildTask({
  workflowType: 'TEST_FLIGHT_BUILD',
  stageKey: 'POST_REGRESSION',
  platforms: onlyPlatform('IOS'),
  ref: ({ release }) => releaseTagName(release),
  needsArtifact: true,
  target: 'APP_STORE',
});
