import type { Platform } from '../domain/release/vocabulary.ts';
import type { ReleaseContext } from '../services/execution/release-source.ts';
import { allPlatforms, type BuildTask } from './build-task.ts';
import { candidateOf, cycleOf } from './release-refs.ts';

/** Automated tests are runs of the AUTOMATION_BUILD workflow on the candidate: no artifact, only a conclusion. */
export const automation: BuildTask = {
  workflowType: 'AUTOMATION_BUILD',
  stageKey: 'REGRESSION',
  platforms: automatedPlatforms,
  ref: ({ release, task }) => candidateOf(cycleOf(release, task.input)).tag,
  needsArtifact: false,
};

function automatedPlatforms(release: ReleaseContext): Platform[] {
  return allPlatforms(release).filter((platform) =>
    release.config.workflows.some((workflow) => workflow.platform === platform && workflow.workflowType === 'AUTOMATION_BUILD'),
  );
}
