import { type DurationFigures, durationFigures } from './duration.ts';
import { type DeliveredChange, type EndedDeployment, isWithin, type Period } from './facts.ts';
import { bringsChange, failedDeployments } from './failed-deployments.ts';

/*
 * The five measures of software delivery as DORA defines them (https://dora.dev/guides/dora-metrics-four-keys/), told from what deployments left
 * behind:
 *
 * - deployment frequency: "the number of deployments over a given period". Here: those that brought something new and changed the environment.
 * - change lead time: from a change's commit to its deployment. Here: per version of a service, to the end of the deployment that first brought it.
 * - change fail rate: "the ratio of deployments that require immediate intervention". Here: those that were taken back, by themselves or by a
 *   person, or that could not be.
 * - failed deployment recovery time: until such a deployment is recovered from. Here: from the first service it touched, which is never too short.
 * - deployment rework rate: "the ratio of deployments that are unplanned but happen as a result of an incident". Here: rollbacks that a person
 *   asked for, and deployments begun although something was not healthy. A later correction that nobody marked as one is not told from a plan.
 *
 * What there is no evidence for is null, never 0.
 */

export interface DoraFigures {
  deployments: {
    /** That brought something new: `stood` and `failed` together. */
    total: number;
    /** Succeeded, and nobody took them back. */
    stood: number;
    failed: number;
    /** Rollbacks that a person asked for; not among `total`. */
    rollbacks: number;
  };
  /** null = there were none. */
  deploymentFrequency: { perDay: number } | null;
  /** Of the versions whose commit's time is known. */
  leadTime: DurationFigures & { /** How many versions of unknown age there were besides. */ unknown: number };
  /** `failed` of `total`, 0 to 1; null = there was no deployment. */
  changeFailRate: number | null;
  recoveryTime: DurationFigures & { /** Failed, and nothing has replaced them yet. */ open: number };
  /** Of all deployments, rollbacks among them, 0 to 1; null = there was none. */
  reworkRate: number | null;
}

const DAY_MS = 86_400_000;

/**
 * @param ended in any order: everything that ended in the period, and all that ended after it
 * @param changes in any order; those outside of the period do not count
 */
export function doraFigures(ended: readonly EndedDeployment[], changes: readonly DeliveredChange[], period: Period): DoraFigures {
  const all = ended.filter(({ endedAt }) => isWithin(period, endedAt));
  const total = all.filter(bringsChange).length;
  const failures = failedDeployments(ended).filter(({ deployment }) => isWithin(period, deployment.endedAt));
  const rework = all.filter((deployment) => !bringsChange(deployment) || deployment.fixesForward).length;
  return {
    deployments: { total, stood: total - failures.length, failed: failures.length, rollbacks: all.length - total },
    deploymentFrequency: total === 0 ? null : { perDay: total / ((period.to.getTime() - period.from.getTime()) / DAY_MS) },
    leadTime: leadTime(changes.filter(({ deliveredAt }) => isWithin(period, deliveredAt))),
    changeFailRate: ratio(failures.length, total),
    recoveryTime: {
      ...durationFigures(
        failures.flatMap(({ deployment, recoveredAt }) =>
          recoveredAt === null ? [] : [recoveredAt.getTime() - deployment.changedAt.getTime()],
        ),
      ),
      open: failures.filter(({ recoveredAt }) => recoveredAt === null).length,
    },
    reworkRate: ratio(rework, all.length),
  };
}

/** A commit from after its own deployment has a wrong clock: that is no evidence. */
function leadTime(changes: readonly DeliveredChange[]): DoraFigures['leadTime'] {
  const known = changes.flatMap(({ committedAt, deliveredAt }) => {
    const durationMs = committedAt === null ? -1 : deliveredAt.getTime() - committedAt.getTime();
    return durationMs < 0 ? [] : [durationMs];
  });
  return { ...durationFigures(known), unknown: changes.length - known.length };
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
