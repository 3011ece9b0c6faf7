import { can, type Role, roles } from '../access/permissions.ts';

/** People of whom some must approve, whoever else does. */
export interface ApproverGroup {
  /** Unique within a gate, e.g. `QA`. */
  name: string;
  /** Everybody with one of these roles belongs to it, and everybody named. */
  roles: Role[];
  accountIds: string[];
  /** How many of them must approve. */
  quorum: number;
}

/** Who is told when a gate has waited for too long. */
export interface Escalation {
  /** In the channels for what is critical, in place of those that asked. */
  critical: boolean;
  /** Named in the message, together with everybody of these roles. */
  accountIds: string[];
  roles: Role[];
}

/** What a config says about the approvals of one gate. Times are milliseconds; null = never, or as the config's other gates. */
export interface ApprovalRules {
  /** Different people needed; null = as all gates of the config. */
  quorum: number | null;
  /** Whether whoever asks may approve; null = as all gates of the config. */
  allowSelfApproval: boolean | null;
  /** Every one of them must reach its own quorum. */
  groups: ApproverGroup[];
  /** An approval older than this counts no more. */
  expiresAfterMs: number | null;
  /** From when people are asked to the first reminder, and from one to the next. */
  remindAfterMs: number | null;
  remindEveryMs: number | null;
  /** From when people are asked to the escalation, of which there is one. */
  escalateAfterMs: number | null;
  escalateTo: Escalation;
}

/** Any people, for ever, and nobody is reminded. */
export const plainRules: ApprovalRules = {
  quorum: null,
  allowSelfApproval: null,
  groups: [],
  expiresAfterMs: null,
  remindAfterMs: null,
  remindEveryMs: null,
  escalateAfterMs: null,
  escalateTo: { critical: false, accountIds: [], roles: [] },
};

/** Rules applied to one gate of one subject. */
export interface ApprovalPolicy {
  /** Different people needed. */
  quorum: number;
  groups: readonly ApproverGroup[];
  /** Whether whoever asked for it counts. */
  allowSelfApproval: boolean;
  requesterAccountId: string;
  expiresAfterMs: number | null;
}

export const approvingRoles: readonly Role[] = roles.filter((role) => can(role, 'gate:approve'));

/** Somebody with the role that they have now. */
export interface Person {
  accountId: string;
  /** null = they are no member. */
  role: Role | null;
}

export const mayApprove = ({ role }: Pick<Person, 'role'>) => role !== null && can(role, 'gate:approve');

/** Whether a word of this person can count for the group. */
export const isOf = (group: ApproverGroup, person: Person): boolean =>
  mayApprove(person) && (group.accountIds.includes(person.accountId) || (person.role !== null && group.roles.includes(person.role)));
