import type { ReleaseTaskType } from '../../domain/release/task-types.ts';
import type { TaskHandler } from '../task-context.ts';
import { approveDistribution } from './approve-distribution.ts';
import { approveRegression } from './approve-regression.ts';
import { automationRuns } from './automation-runs.ts';
import { cancelSupersededBuilds } from './cancel-superseded-builds.ts';
import { checkProjectReleaseApproval } from './check-project-release-approval.ts';
import { completeRelease } from './complete-release.ts';
import { createAabBuild } from './create-aab-build.ts';
import { createFinalReleaseNotes } from './create-final-release-notes.ts';
import { createProjectManagementTicket } from './create-project-management-ticket.ts';
import { createRcTag } from './create-rc-tag.ts';
import { createReleaseNotes } from './create-release-notes.ts';
import { createReleaseTag } from './create-release-tag.ts';
import { createTestSuite } from './create-test-suite.ts';
import { forkBranch } from './fork-branch.ts';
import { preKickOffReminder } from './pre-kick-off-reminder.ts';
import { preReleaseCherryPicksReminder } from './pre-release-cherry-picks-reminder.ts';
import { resetTestSuite } from './reset-test-suite.ts';
import { rollOut } from './roll-out.ts';
import { sendPostRegressionMessage } from './send-post-regression-message.ts';
import { sendRegressionBuildMessage } from './send-regression-build-message.ts';
import { submitToAppStore } from './submit-to-app-store.ts';
import { submitToPlayStore } from './submit-to-play-store.ts';
import { triggerAutomationRuns } from './trigger-automation-runs.ts';
import { triggerPreRegressionBuilds } from './trigger-pre-regression-builds.ts';
import { triggerRegressionBuilds } from './trigger-regression-builds.ts';
import { triggerTestFlightBuild } from './trigger-test-flight-build.ts';
import { waitForTurn } from './wait-for-turn.ts';

/** The handler of every task type; a type without one does not compile. */
const handlers: Record<ReleaseTaskType, TaskHandler> = {
  PRE_KICK_OFF_REMINDER: preKickOffReminder,
  WAIT_FOR_TURN: waitForTurn,
  FORK_BRANCH: forkBranch,
  CREATE_PROJECT_MANAGEMENT_TICKET: createProjectManagementTicket,
  CREATE_TEST_SUITE: createTestSuite,
  TRIGGER_PRE_REGRESSION_BUILDS: triggerPreRegressionBuilds,
  CANCEL_SUPERSEDED_BUILDS: cancelSupersededBuilds,
  RESET_TEST_SUITE: resetTestSuite,
  CREATE_RC_TAG: createRcTag,
  CREATE_RELEASE_NOTES: createReleaseNotes,
  TRIGGER_REGRESSION_BUILDS: triggerRegressionBuilds,
  TRIGGER_AUTOMATION_RUNS: triggerAutomationRuns,
  AUTOMATION_RUNS: automationRuns,
  SEND_REGRESSION_BUILD_MESSAGE: sendRegressionBuildMessage,
  APPROVE_REGRESSION: approveRegression,
  PRE_RELEASE_CHERRY_PICKS_REMINDER: preReleaseCherryPicksReminder,
  CHECK_PROJECT_RELEASE_APPROVAL: checkProjectReleaseApproval,
  CREATE_RELEASE_TAG: createReleaseTag,
  CREATE_FINAL_RELEASE_NOTES: createFinalReleaseNotes,
  TRIGGER_TEST_FLIGHT_BUILD: triggerTestFlightBuild,
  CREATE_AAB_BUILD: createAabBuild,
  SEND_POST_REGRESSION_MESSAGE: sendPostRegressionMessage,
  APPROVE_DISTRIBUTION: approveDistribution,
  SUBMIT_TO_APP_STORE: submitToAppStore,
  SUBMIT_TO_PLAY_STORE: submitToPlayStore,
  ROLL_OUT: rollOut,
  COMPLETE_RELEASE: completeRelease,
};

export const taskHandlers: ReadonlyMap<string, TaskHandler> = new Map(Object.entries(handlers));
