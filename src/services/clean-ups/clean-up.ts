import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type BackoffPolicy, backoffMs, type Failure, retryDecision } from '../../domain/failure.ts';
import type { CleanUpKind } from '../../domain/release/clean-up.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import { writeHistory } from '../../engine/history.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import type { WakeJob } from '../../platform/queues.ts';
import { toFailure } from '../execution/to-failure.ts';
import { displayIdOf, lockRelease } from '../releases/release-row.ts';
import type { CarryOut, ClaimedCleanUp, CleanUpDeps, CleanUpRelease, CleanUpResult, ReleaseCleanUp } from './clean-up-context.ts';
import { halt, withdraw } from './clear-stores.ts';
import { closeTestRun, closeTicket } from './close-tickets.ts';
import { deleteBranch, deleteTag } from './delete-refs.ts';
import { endCiRun } from './end-ci-run.ts';
import { endRecipeStep } from './end-recipe-step.ts';
import { finishArchiving } from './finish-archiving.ts';
import { removeArtifact } from './remove-artifact.ts';

/*
 * What a release that is called off has outside is one due row each, written in the transaction that calls it off; likewise each step of a recipe that
 * a deployment has begun and not seen to its end, in the transaction that ends the deployment or turns it round. Whoever claims a row moves its
 * time on and its fence, looks at what is there, takes it back, and writes what came of it with the history, if the fence still stands.
 *
 * If the process dies after the claim, the row is due again when the claim's time is over. Every kind looks before it acts: what is gone already
 * is done, so that a second try does nothing twice. What a rule keeps is KEPT and says why; what fails for good, or for too long, is FAILED. The
 * release that waits for its stores is archived in the transaction that clears the last one.
 */

interface CleanUpOptions extends CleanUpDeps {
  /** How long a try may take before another begins, milliseconds. */
  leaseMs: number;
  pollMs: number;
  backoff: BackoffPolicy;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

const carryOuts: Readonly<Record<CleanUpKind, CarryOut>> = {
  SUBMISSION: withdraw,
  ROLLOUT: halt,
  CI_RUN: endCiRun,
  BRANCH: deleteBranch,
  TAG: deleteTag,
  TICKET: closeTicket,
  TEST_RUN: closeTestRun,
  ARTIFACT: removeArtifact,
};

const MAX_WORDS = 1000;
/** A conflict is somebody else's change in between: the next look judges it anew, so often. */
const MAX_CONFLICTS = 3;

export function createCleanUp(options: CleanUpOptions): (wake: WakeJob) => Promise<void> {
  const { db, ring, leaseMs, signal } = options;

  return async (wake) => {
    const cleanUp = await claim(wake);
    if (cleanUp === null) return;
    let result: CleanUpResult;
    try {
      result = await carryOut(cleanUp);
    } catch (error) {
      return signal.aborted ? giveBack(cleanUp) : fail(cleanUp, toFailure(error));
    }
    if (result.state !== 'again') return end(cleanUp, result.state, result.outcome, null);
    if (cleanUp.isLate) return end(cleanUp, 'FAILED', `${result.outcome} It took too long.`, null);
    await lookAgain(cleanUp, result.outcome, result.inMs, null);
  };

  async function claim({ id, fence }: WakeJob): Promise<ClaimedCleanUp | null> {
    const claimed = await db.run(
      `UPDATE clean_ups SET fence = fence + 1, run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
       WHERE id = ? AND fence = ? AND run_at <= UTC_TIMESTAMP(3)`,
      [leaseMs * 1000, id, fence],
    );
    if (claimed === 0) return null;
    // `never` stands for either kind: a step has NULL where it has no use for a column.
    const [row] = await db.rows<Omit<ReleaseCleanUp, 'kind' | 'force' | 'isLate'> & { kind: never; force: number; isLate: number }>(
      `SELECT id, fence, tenant_id AS tenantId, scope_id AS scopeId, kind, subject, force_delete AS \`force\`, move_to AS moveTo, reason,
              account_id AS accountId, failures, TIMESTAMPDIFF(MICROSECOND, created_at, UTC_TIMESTAMP(3)) / 1000 AS agoMs,
              deadline_at <= UTC_TIMESTAMP(3) AS isLate
       FROM clean_ups WHERE id = ? AND fence = ?`,
      [id, fence + 1],
    );
    return row === undefined
      ? null
      : { ...row, agoMs: Number(row.agoMs), force: Number(row.force) === 1, isLate: Number(row.isLate) === 1 };
  }

  async function carryOut(cleanUp: ClaimedCleanUp): Promise<CleanUpResult> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(leaseMs)]);
    const open = (category: Category, integrationId: string) => options.connector.open(category, cleanUp.tenantId, integrationId, within);
    if (cleanUp.kind === 'RECIPE_STEP') return endRecipeStep({ ...options, cleanUp, open });
    return carryOuts[cleanUp.kind]({ ...options, cleanUp, release: await readRelease(cleanUp), open });
  }

  async function readRelease({ tenantId, scopeId: releaseId }: ReleaseCleanUp): Promise<CleanUpRelease> {
    const [row] = await db.rows<Omit<CleanUpRelease, 'displayId' | 'config'> & { displayNumber: number; config: unknown }>(
      `SELECT display_number AS displayNumber, branch, base_branch AS baseBranch, release_tag AS releaseTag, config
       FROM releases WHERE tenant_id = ? AND id = ?`,
      [tenantId, releaseId],
    );
    if (row === undefined) throw new Error(`the release ${releaseId} of a clean-up does not exist`);
    const { displayNumber, config, ...release } = row;
    return { ...release, displayId: displayIdOf(displayNumber), config: readFrozenConfig(parseJson(config)) };
  }

  async function giveBack({ tenantId, id, fence }: ClaimedCleanUp): Promise<void> {
    await db.run('UPDATE clean_ups SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE tenant_id = ? AND id = ? AND fence = ?', [
      ...[tenantId, id, fence],
    ]);
  }

  async function fail(cleanUp: ClaimedCleanUp, failure: Failure): Promise<void> {
    const decision = retryDecision(failure);
    const isOver = decision.when === 'never' && (failure.kind !== 'conflict' || cleanUp.failures + 1 >= MAX_CONFLICTS);
    if (isOver || cleanUp.isLate) return end(cleanUp, 'FAILED', failure.message, failure);
    const inMs =
      decision.when === 'after'
        ? Math.max(decision.ms, options.backoff.baseMs)
        : backoffMs(cleanUp.failures + 1, options.backoff, Math.random());
    await lookAgain(cleanUp, failure.message, inMs, failure);
  }

  async function lookAgain({ tenantId, id, fence }: ClaimedCleanUp, outcome: string, inMs: number, failure: Failure | null): Promise<void> {
    await db.run(
      `UPDATE clean_ups SET outcome = ?, failure = ?, failures = failures + ?, fence = fence + 1,
         run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE tenant_id = ? AND id = ? AND fence = ?`,
      [
        ...[outcome.slice(0, MAX_WORDS), failure === null ? null : JSON.stringify(failure), failure === null ? 0 : 1],
        ...[Math.round(inMs * 1000), tenantId, id, fence],
      ],
    );
  }

  async function end(cleanUp: ClaimedCleanUp, state: 'DONE' | 'KEPT' | 'FAILED', outcome: string, failure: Failure | null): Promise<void> {
    await db.transact(async (tx) => {
      const { tenantId, scopeId, kind, subject } = cleanUp;
      const release = kind === 'RECIPE_STEP' ? null : await lockRelease(tx, cleanUp, scopeId);
      if (release === null) await tx.rows('SELECT id FROM deployments WHERE tenant_id = ? AND id = ? FOR UPDATE', [tenantId, scopeId]);
      if (!(await writeEnd(tx, cleanUp, state, outcome, failure))) return;
      await writeHistory(tx, [
        {
          ...{ tenantId, scopeId, entityType: release === null ? 'deployment' : 'release', entityId: scopeId, action: 'UPDATE' },
          ...{ actor: engineActor, why: outcome.slice(0, MAX_WORDS) },
          items: [{ field: 'cleanUp', before: `${kind} ${subject}`.slice(0, MAX_WORDS), after: state }],
        },
      ]);
      if (release !== null) await finishArchiving(tx, ring, release);
    });
  }

  /** @returns false when somebody asked for it again meanwhile */
  async function writeEnd(tx: Tx, { tenantId, id, fence }: ClaimedCleanUp, state: string, outcome: string, failure: Failure | null) {
    const written = await tx.run(
      `UPDATE clean_ups SET state = ?, outcome = ?, failure = ?, failures = failures + ?, run_at = NULL, fence = fence + 1,
         ended_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND fence = ?`,
      [
        state,
        outcome.slice(0, MAX_WORDS),
        failure === null ? null : JSON.stringify(failure),
        failure === null ? 0 : 1,
        tenantId,
        id,
        fence,
      ],
    );
    return written === 1;
  }
}
