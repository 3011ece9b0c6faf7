import type { Sql } from '../../db/client.ts';
import type { Target } from '../../domain/release/vocabulary.ts';
import { signal } from '../../engine/signal.ts';
import type { Wake } from '../../platform/ring.ts';

/*
 * Who waits for another release, or a deployment to a store, subscribes to it, as others do to a connection. What ends the wait hurries them in its own transaction;
 * an end between their look and their subscription costs them one poll.
 */

const ENDED = 'subject-ended';
const reviewEnded = (target: Target) => `review-ended:${target}`;

/** @param target of the store whose review is waited for; null = of the kickoff */
export const turnSignals = (before: readonly { id: string }[], target: Target | null) =>
  before.flatMap(({ id }) => [
    { integrationId: id, key: ENDED },
    ...(target === null ? [] : [{ integrationId: id, key: reviewEnded(target) }]),
  ]);

/** The release has completed or was archived, or the deployment has ended. */
export const subjectEnded = (sql: Sql, subjectId: string): Promise<Wake[]> => signal(sql, subjectId, [ENDED]);

/** A store has its version in review no longer. */
export const leftReview = (sql: Sql, subjectId: string, target: Target): Promise<Wake[]> => signal(sql, subjectId, [reviewEnded(target)]);
