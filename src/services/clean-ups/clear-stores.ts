import { isHaltedInStore } from '../../domain/rollout/rollout.ts';
import type { Caller } from '../context.ts';
import { rolloutRows } from '../rollouts/rollout-view.ts';
import { steerRollout } from '../rollouts/steer-rollout.ts';
import { submissionRows } from '../submissions/submission-view.ts';
import { withdrawSubmission } from '../submissions/withdraw-submission.ts';
import { again, type CarryOut, type CleanUpContext, done, kept } from './clean-up-context.ts';

/* Before a release is archived its stores are cleared by the same use cases that people have; their tasks see it in the store and write it down. */

/** Their tasks look at once. */
const SOON_MS = 1_000;

/** Who archives may pause, and that is all it takes. */
const callerOf = ({ cleanUp }: CleanUpContext): Caller => ({
  ...{ tenantId: cleanUp.tenantId, accountId: cleanUp.accountId, permissions: new Set(['release:pause']) },
});

export const withdraw: CarryOut = async (context) => {
  const { db, cleanUp } = context;
  const submission = (await submissionRows(db, cleanUp.tenantId, cleanUp.scopeId)).find(({ id }) => id === cleanUp.subject);
  if (submission === undefined) return done('There is no such submission any more.');
  const { version, target, status, taskStatus } = submission;
  switch (status) {
    case 'WITHDRAWN':
    case 'REJECTED':
      return done(`${version} is ${status} at ${target}.`);
    case 'APPROVED':
      return kept(`${version} passed the review of ${target} meanwhile; nobody gets it unless it is released there.`);
    case 'PREPARING':
      if (taskStatus === 'IN_PROGRESS') return again(`${version} is being handed to ${target}.`, SOON_MS);
      return kept(`${version} lies at ${target} as a draft.`);
    case 'IN_REVIEW': {
      const reason = cleanUp.reason ?? 'the release is being archived';
      await withdrawSubmission(context, callerOf(context), { releaseId: cleanUp.scopeId, submissionId: submission.id }, { reason });
      return again(`${target} was asked to withdraw ${version}.`, SOON_MS);
    }
    default:
      return status satisfies never;
  }
};

export const halt: CarryOut = async (context) => {
  const { db, cleanUp } = context;
  const rollout = (await rolloutRows(db, cleanUp.tenantId, cleanUp.scopeId)).find(({ id }) => id === cleanUp.subject);
  if (rollout === undefined) return done('There is no such rollout any more.');
  const { id, version, target, status } = rollout;
  if (status === 'COMPLETED') return kept(`Everybody has ${version} from ${target}.`);
  if (status === 'ABORTED' || isHaltedInStore(rollout)) return done(`${version} is halted at ${target}.`);
  const ids = { releaseId: cleanUp.scopeId, rolloutId: id };
  await steerRollout(context, callerOf(context), ids, 'halt', { reason: cleanUp.reason ?? 'the release is being archived' });
  return again(`${target} was asked to halt ${version}.`, SOON_MS);
};
