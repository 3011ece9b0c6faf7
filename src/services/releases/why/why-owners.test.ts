import { describe, expect, it } from 'vitest';
import type { HoldReason } from '../../../domain/run.ts';
import { holdItem, type TaskFact, taskItem } from './why-items.ts';
import { type OwnerFacts, ownerOf, type Person } from './why-owners.ts';

const now = new Date('2026-11-21T12:00:00Z');
const person = (name: string, role: Person['role'], over: Partial<Person> = {}): Person => ({
  name,
  role,
  isPilot: false,
  isCreator: false,
  ...over,
});
const facts: OwnerFacts = {
  allowSelfApproval: false,
  people: [
    person('Olga', 'owner', { isCreator: true }),
    person('Ada', 'admin'),
    person('Ramon', 'release-manager', { isPilot: true }),
    person('Carl', 'contributor'),
    person('Vera', 'viewer'),
  ],
};
const task = (over: Partial<TaskFact>): TaskFact => ({
  ...{ id: 'T', type: 'FORK_BRANCH', status: 'WAITING', waitReason: null, held: false, since: now, runAt: null, deadlineAt: null },
  ...{ onDeadline: 'fail', failure: null, connection: null, approvals: null, unmet: [], store: null, blockedBy: [], window: null },
  ...over,
});
const ofTask = (over: Partial<TaskFact>, given = facts, provider: string | null = null) =>
  ownerOf(taskItem(task(over), now), task(over), provider, given);
const ofHold = (reason: HoldReason) => ownerOf(holdItem({ reason, subject: null, note: null, by: null, since: now }), null, null, facts);

describe('whose turn it is', () => {
  it.each([
    ['an approval', { waitReason: 'APPROVAL' }, ['Ramon', 'Ada']],
    ['a failed task', { status: 'FAILED' }, ['Ramon', 'Olga', 'Ada', 'Carl']],
    ['a broken connection', { waitReason: 'CONNECTION' }, ['Olga', 'Ada']],
    ['builds by hand', { waitReason: 'MANUAL_BUILD' }, ['Ramon', 'Olga', 'Ada', 'Carl']],
    ['a halted rollout', { waitReason: 'HALTED' }, ['Ramon', 'Olga', 'Ada']],
    ['a task of a paused release', { status: 'READY', held: true }, ['Ramon', 'Olga', 'Ada']],
  ] as [string, Partial<TaskFact>, string[]][])('of %s is that of whoever may, the pilot first', (_what, over, people) => {
    expect(ofTask(over)).toMatchObject({ kind: 'person', people });
  });

  it.each(['USER_REQUESTED', 'FREEZE', 'BLOCKER'] as const)('of a hold %s is that of whoever may resume', (reason) => {
    expect(ofHold(reason)).toMatchObject({ kind: 'person', people: ['Ramon', 'Olga', 'Ada'] });
  });

  it('of an approval includes whoever created the release only where the config lets them', () => {
    expect(ofHold('AWAITING_APPROVAL').people).not.toContain('Olga');
    expect(ofTask({ waitReason: 'APPROVAL' }, { ...facts, allowSelfApproval: true }).people).toContain('Olga');
  });

  it('is that of a role where nobody has it, and names no machine', () => {
    const nobody = ofTask({ waitReason: 'APPROVAL' }, { ...facts, people: [person('Robot', 'ci')] });

    expect(nobody).toMatchObject({ kind: 'role', roles: ['owner', 'admin', 'release-manager'], people: [] });
  });

  it('is the provider’s, by name, or that of time or a worker', () => {
    expect(ofTask({ waitReason: 'CALLBACK' }, facts, 'github')).toEqual({ kind: 'provider', roles: [], people: [], provider: 'github' });
    expect(ofTask({ waitReason: 'TIMER' }, facts, 'github')).toMatchObject({ kind: 'time', provider: null });
    expect(ofTask({ status: 'IN_PROGRESS' })).toMatchObject({ kind: 'worker', people: [] });
  });
});
