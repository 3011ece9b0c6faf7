import { expect, it } from 'vitest';
import { type ApprovalRules, plainRules } from './approval-rules.ts';
import { validateRules } from './validate-rules.ts';

const members = [
  { accountId: 'olga', role: 'owner' as const },
  { accountId: 'rita', role: 'release-manager' as const },
];
const group = (changes: Partial<ApprovalRules['groups'][number]>) => ({ name: 'QA', roles: [], accountIds: [], quorum: 1, ...changes });

it('rules that can be kept have no problem', () => {
  const groups = [group({ accountIds: ['rita'] }), group({ name: 'All', roles: ['owner', 'release-manager'], quorum: 2 })];
  const escalateTo = { critical: true, roles: [], accountIds: ['olga'] };

  expect(validateRules(plainRules, [])).toEqual([]);
  expect(validateRules({ ...plainRules, groups, remindAfterMs: 1, remindEveryMs: 1, escalateAfterMs: 1, escalateTo }, members)).toEqual([]);
});

it.each<[string, Partial<ApprovalRules>, string, string]>([
  ['nobody belongs to a group', { groups: [group({})] }, '/groups/0', 'nobody belongs'],
  ['a role has no member', { groups: [group({ roles: ['admin'] })] }, '/groups/0', 'no active member'],
  ['an account is no member', { groups: [group({ accountIds: ['olga', 'gone'] })] }, '/groups/0/accountIds/1', 'no active member'],
  ['a quorum is out of reach', { groups: [group({ roles: ['owner'], quorum: 2 })] }, '/groups/0/quorum', 'more than the 1 active member'],
  [
    'two groups have one name',
    { groups: [group({ accountIds: ['olga'] }), group({ accountIds: ['rita'] })] },
    '/groups/1/name',
    'another group',
  ],
  ['there is no first reminder', { remindEveryMs: 60_000 }, '/remindEveryMs', 'needs remindAfterMs'],
  ['nobody hears of an escalation', { escalateAfterMs: 60_000 }, '/escalateTo', 'nobody would hear'],
  ['it is never escalated', { escalateTo: { critical: true, roles: [], accountIds: [] } }, '/escalateAfterMs', 'never'],
  [
    'an escalation names a stranger',
    { escalateAfterMs: 60_000, escalateTo: { critical: true, roles: [], accountIds: ['gone'] } },
    '/escalateTo/accountIds/0',
    'no active member',
  ],
])('where %s, the field is named', (_what, changes, field, message) => {
  expect(validateRules({ ...plainRules, ...changes }, members)).toEqual([{ field, message: expect.stringContaining(message) }]);
});
