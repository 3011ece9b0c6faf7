import { buildTask, onlyPlatform } from '../build-task.ts';
import { releaseTagName } from '../release-refs.ts';

/** The Android app bundle for Play, from the final tag. */
export const createAabBuild = buildTask({
  workflowType: 'AAB_BUILD',
  stageKey: 'POST_REGRESSION',
  platforms: onlyPlatform('ANDROID'),
  ref: ({ release }) => releaseTagName(release),
  needsArtifact: true,
  target: 'PLAY_STORE',
});
