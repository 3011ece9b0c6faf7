import { submissionTask } from '../submission-task.ts';

/** The Android version, onto its track and through Google's review. */
export const submitToPlayStore = submissionTask;
