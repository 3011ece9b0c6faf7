import { type ApprovalRules, isOf, mayApprove, type Person } from './approval-rules.ts';

/** What is wrong with rules, each at a pointer into them. */
export interface RulesProblem {
  field: string;
  message: string;
}

/** Rules that could never be kept, or say nothing. @param members of the tenant who may approve */
export function validateRules(rules: ApprovalRules, members: readonly Person[]): RulesProblem[] {
  return [...groupProblems(rules, members), ...timeProblems(rules), ...escalationProblems(rules, members)];
}

function groupProblems({ groups }: ApprovalRules, members: readonly Person[]): RulesProblem[] {
  const names = groups.map(({ name }) => name);
  return groups.flatMap((group, index): RulesProblem[] => {
    const field = `/groups/${index}`;
    if (names.indexOf(group.name) !== index) return [{ field: `${field}/name`, message: 'is the name of another group' }];
    if (group.roles.length + group.accountIds.length === 0) {
      return [{ field, message: 'must name roles or accounts: nobody belongs to it' }];
    }
    const strangers = strangersIn(group.accountIds, members, `${field}/accountIds`);
    if (strangers.length > 0) return strangers;
    const reachable = members.filter((person) => isOf(group, person)).length;
    if (reachable === 0) return [{ field, message: 'has no active member who may approve' }];
    if (reachable >= group.quorum) return [];
    return [
      { field: `${field}/quorum`, message: `is more than the ${reachable} active ${reachable === 1 ? 'member' : 'members'} of the group` },
    ];
  });
}

function timeProblems({ remindAfterMs, remindEveryMs }: ApprovalRules): RulesProblem[] {
  if (remindEveryMs === null || remindAfterMs !== null) return [];
  return [{ field: '/remindEveryMs', message: 'needs remindAfterMs: there is no first reminder' }];
}

function escalationProblems({ escalateAfterMs, escalateTo }: ApprovalRules, members: readonly Person[]): RulesProblem[] {
  const isSaid = escalateTo.critical || escalateTo.accountIds.length + escalateTo.roles.length > 0;
  return [
    ...(escalateAfterMs !== null && !isSaid ? [{ field: '/escalateTo', message: 'must say to whom: nobody would hear of it' }] : []),
    ...(escalateAfterMs === null && isSaid ? [{ field: '/escalateAfterMs', message: 'must say when: it would never be escalated' }] : []),
    ...strangersIn(escalateTo.accountIds, members, '/escalateTo/accountIds'),
  ];
}

const strangersIn = (accountIds: readonly string[], members: readonly Person[], field: string): RulesProblem[] =>
  accountIds.flatMap((accountId, index) =>
    members.some((person) => person.accountId === accountId && mayApprove(person))
      ? []
      : [{ field: `${field}/${index}`, message: 'is no active member who may approve' }],
  );
