import { submissionTask } from '../submission-task.ts';

/** The iOS version, through App Store review. */
export const submitToAppStore = submissionTask;
