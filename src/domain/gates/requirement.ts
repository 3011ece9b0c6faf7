import { can, type Permission, type Role, roles } from '../access/permissions.ts';

/** Something somebody looked at: what they saw, or why they could not see it. */
export type Reading<T> = { known: true; value: T; checkedAt: Date } | { known: false; why: string; checkedAt: Date };

/** Who can make a requirement true. */
export type RequirementOwner =
  | { kind: 'role'; roles: readonly Role[] }
  | { kind: 'people'; accountIds: readonly string[] }
  /** Nobody by hand: work of ours or of a provider brings it about. */
  | { kind: 'system'; system: string };

/** Everybody who may do this; machines are nobody's turn. */
export const whoever = (permission: Permission): RequirementOwner => ({
  kind: 'role',
  roles: roles.filter((role) => role !== 'ci' && can(role, permission)),
});

/** What a gate needs, as it was found. */
export interface Requirement {
  /** Stable, e.g. `no-active-cycle` or `tests:automation:IOS`. */
  key: string;
  /** `unknown` blocks like `false`, and the evidence says why nobody knows. */
  met: boolean | 'unknown';
  evidence: string;
  checkedAt: Date;
  owner: RequirementOwner;
  /** Older than this, milliseconds, it says nothing any more; null = it does not grow old. */
  freshForMs: number | null;
}

/** A requirement at an instant. */
export type Judged<R extends Requirement = Requirement> = R & {
  /** It is too old to count: then it is not met, whatever was found. */
  stale: boolean;
};

/** What a requirement is worth now: what was found too long ago is unknown, never met. */
export function judge<R extends Requirement>(requirement: R, now: Date): Judged<R> {
  const { checkedAt, freshForMs, met, evidence } = requirement;
  const stale = freshForMs !== null && now.getTime() - checkedAt.getTime() > freshForMs;
  if (!stale) return { ...requirement, stale };
  const because = `it was last checked at ${checkedAt.toISOString()}, which is too long ago`;
  return { ...requirement, stale, met: met === true ? 'unknown' : met, evidence: `${evidence} (${because})` };
}
