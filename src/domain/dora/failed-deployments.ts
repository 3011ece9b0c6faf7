import type { EndedDeployment } from './facts.ts';

/** A deployment that needed somebody to step in, and when users had what works again. */
export interface FailedDeployment {
  deployment: EndedDeployment;
  /** null = not yet. */
  recoveredAt: Date | null;
}

/** Whether it brings something new; a rollback brings what was there before. */
export const bringsChange = ({ kind }: EndedDeployment) => kind !== 'ROLLBACK';

/**
 * Those that brought something new and failed: taken back by themselves, left half-way, or taken back by a person after they had succeeded.
 * @param ended in any order, with everything that ended after the first of them, so that what was mended later is known to be
 */
export function failedDeployments(ended: readonly EndedDeployment[]): FailedDeployment[] {
  const rollbacks = new Map<string, EndedDeployment[]>();
  for (const rollback of ended) {
    if (rollback.revertsId === null) continue;
    rollbacks.set(rollback.revertsId, [...(rollbacks.get(rollback.revertsId) ?? []), rollback]);
  }
  const successes = new Map<string, EndedDeployment[]>();
  for (const success of ended.filter(({ outcome }) => outcome === 'SUCCEEDED')) {
    successes.set(success.environmentId, [...(successes.get(success.environmentId) ?? []), success]);
  }
  return ended.filter(bringsChange).flatMap((deployment) => {
    if (deployment.outcome === 'ROLLED_BACK') return [{ deployment, recoveredAt: deployment.endedAt }];
    const wayBack = rollbacks.get(deployment.id) ?? [];
    if (deployment.outcome === 'SUCCEEDED' && wayBack.length === 0) return [];
    return [{ deployment, recoveredAt: recoveryOf(deployment, successes.get(deployment.environmentId) ?? [], wayBack) }];
  });
}

/** The first success that replaced what had failed: after it failed, or after it was first asked to be taken back. */
function recoveryOf(failed: EndedDeployment, successes: readonly EndedDeployment[], wayBack: readonly EndedDeployment[]): Date | null {
  const since =
    failed.outcome === 'SUCCEEDED' ? Math.min(...wayBack.map(({ createdAt }) => createdAt.getTime())) : failed.endedAt.getTime();
  const ends = successes
    .filter(({ id, createdAt, serviceIds }) => id !== failed.id && createdAt.getTime() >= since && serviceIds.some(isOf(failed)))
    .map(({ endedAt }) => endedAt.getTime());
  return ends.length === 0 ? null : new Date(Math.min(...ends));
}

const isOf =
  ({ serviceIds }: EndedDeployment) =>
  (serviceId: string) =>
    serviceIds.includes(serviceId);
