import type { DeadlineAction } from '../run.ts';
import type { StageKey } from './vocabulary.ts';

interface ReleaseTaskDefinition {
  stage: StageKey;
  /** What people read. */
  title: string;
  /** Failed attempts in a row after which a transient failure becomes a person's business. */
  maxAttempts: number;
  /** Milliseconds from the task's start. */
  deadlineMs: number;
  /** Messages are not worth stopping a release for; everything else is. */
  onDeadline: DeadlineAction;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** With the delays as they are configured at first, what ails a provider for two hours is outlived without a person. */
const provider = { maxAttempts: 20, deadlineMs: DAY_MS, onDeadline: 'fail' } as const;
const build = { ...provider, deadlineMs: 6 * HOUR_MS } as const;
/** The run of a CI that is away ends by itself some day: nobody waits longer than this for it to be stopped. */
const tidying = { ...provider, deadlineMs: 15 * 60_000, onDeadline: 'continue' } as const;
const message = { ...provider, onDeadline: 'continue' } as const;

/** Every task type of a release. One handler each, in `src/workers/tasks`. */
export const releaseTaskTypes = {
  PRE_KICK_OFF_REMINDER: { stage: 'KICKOFF', title: 'Remind of the kickoff', ...message },
  WAIT_FOR_TURN: { stage: 'KICKOFF', title: 'Wait for its turn', ...provider, deadlineMs: 90 * DAY_MS },
  FORK_BRANCH: { stage: 'KICKOFF', title: 'Fork the release branch', ...provider },
  CREATE_PROJECT_MANAGEMENT_TICKET: { stage: 'KICKOFF', title: 'Create the release tickets', ...provider },
  CREATE_TEST_SUITE: { stage: 'KICKOFF', title: 'Create the test runs', ...provider },
  TRIGGER_PRE_REGRESSION_BUILDS: { stage: 'KICKOFF', title: 'Pre-regression builds', ...build },

  CANCEL_SUPERSEDED_BUILDS: { stage: 'REGRESSION', title: 'Stop the CI runs of earlier cycles', ...tidying },
  RESET_TEST_SUITE: { stage: 'REGRESSION', title: 'Reset the test runs', ...provider },
  CREATE_RC_TAG: { stage: 'REGRESSION', title: 'Tag the release candidate', ...provider },
  CREATE_RELEASE_NOTES: { stage: 'REGRESSION', title: 'Write the notes of the candidate', ...provider },
  TRIGGER_REGRESSION_BUILDS: { stage: 'REGRESSION', title: 'Regression builds', ...build },
  TRIGGER_AUTOMATION_RUNS: { stage: 'REGRESSION', title: 'Run the automated tests', ...build },
  AUTOMATION_RUNS: { stage: 'REGRESSION', title: 'Judge the automated tests', ...build },
  SEND_REGRESSION_BUILD_MESSAGE: { stage: 'REGRESSION', title: 'Announce the regression builds', ...message },
  APPROVE_REGRESSION: { stage: 'REGRESSION', title: 'Approve the candidate', ...provider, deadlineMs: 30 * DAY_MS },

  PRE_RELEASE_CHERRY_PICKS_REMINDER: { stage: 'POST_REGRESSION', title: 'Report commits after the last candidate', ...message },
  CHECK_PROJECT_RELEASE_APPROVAL: { stage: 'POST_REGRESSION', title: 'Check the release tickets', ...provider, deadlineMs: 14 * DAY_MS },
  CREATE_RELEASE_TAG: { stage: 'POST_REGRESSION', title: 'Tag the release', ...provider },
  CREATE_FINAL_RELEASE_NOTES: { stage: 'POST_REGRESSION', title: 'Write the release notes', ...provider },
  TRIGGER_TEST_FLIGHT_BUILD: { stage: 'POST_REGRESSION', title: 'TestFlight build', ...build },
  CREATE_AAB_BUILD: { stage: 'POST_REGRESSION', title: 'Play bundle', ...build },
  SEND_POST_REGRESSION_MESSAGE: { stage: 'POST_REGRESSION', title: 'Announce the end of regression', ...message },
  APPROVE_DISTRIBUTION: { stage: 'POST_REGRESSION', title: 'Approve the distribution', ...provider, deadlineMs: 30 * DAY_MS },

  SUBMIT_TO_APP_STORE: { stage: 'DISTRIBUTION', title: 'Submit to the App Store', ...provider, deadlineMs: 30 * DAY_MS },
  SUBMIT_TO_PLAY_STORE: { stage: 'DISTRIBUTION', title: 'Submit to the Play Store', ...provider, deadlineMs: 30 * DAY_MS },
  ROLL_OUT: { stage: 'DISTRIBUTION', title: 'Roll out', ...provider, deadlineMs: 60 * DAY_MS },
  COMPLETE_RELEASE: { stage: 'DISTRIBUTION', title: 'Complete the release', ...provider },
} as const satisfies Record<string, ReleaseTaskDefinition>;

export type ReleaseTaskType = keyof typeof releaseTaskTypes;
