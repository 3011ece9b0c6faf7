import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/domain/access/permissions.ts';
import { type ApprovalPolicy, isOf } from '../../src/domain/gates/approval-rules.ts';
import { type GateApproval, voicesOf, weighApprovals } from '../../src/domain/gates/approvals.ts';
import { evaluateGate } from '../../src/domain/gates/evaluate-gate.ts';
import { remindersAt } from '../../src/domain/gates/reminders.ts';
import { type GateSubject, subjectDigest } from '../../src/domain/gates/subject.ts';
import { minute } from '../data/release-facts.ts';

/** What no order of words, no delegation and no passing of time may bring about. */

const subject: GateSubject = { commit: 'a', builds: [{ name: 'IOS', identity: '1' }], notesDigest: null };
const subjects = [subject, { ...subject, notesDigest: 'x' }].map(subjectDigest);
const names = ['ann', 'ben', 'cat', 'dan', 'eve'] as const;
/** Everybody has one role, as in a tenant. */
const roleOf: Record<(typeof names)[number], Role | null> = {
  ann: 'owner',
  ben: 'admin',
  cat: 'release-manager',
  dan: 'viewer',
  eve: null,
};
const person = (accountId: (typeof names)[number]) => ({ accountId, role: roleOf[accountId] });
const people = fc.constantFrom(...names).map(person);

const approval: fc.Arbitrary<GateApproval> = fc
  .record({
    author: people,
    decision: fc.constantFrom('APPROVED' as const, 'APPROVED' as const, 'REJECTED' as const),
    subject: fc.constantFrom(...subjects),
    at: fc.integer({ min: 0, max: 60 }).map(minute),
    standsFor: fc.uniqueArray(people, { maxLength: 3, selector: ({ accountId }) => accountId }),
  })
  .map(({ author, ...word }) => ({ ...author, commit: 'a', ...word }));

/** No two words of one person in one instant: each is written over the one before. */
const words = fc.uniqueArray(approval, { maxLength: 12, selector: ({ accountId, at }) => `${accountId} ${at.getTime()}` });

const policy: fc.Arbitrary<ApprovalPolicy> = fc.record({
  quorum: fc.integer({ min: 1, max: 4 }),
  allowSelfApproval: fc.boolean(),
  requesterAccountId: fc.constantFrom(...names),
  expiresAfterMs: fc.option(fc.integer({ min: 1, max: 60 }).map((minutes) => minutes * 60_000)),
  groups: fc.array(
    fc.record({
      name: fc.constant('group'),
      roles: fc.uniqueArray(fc.constantFrom<Role>('owner', 'admin', 'release-manager'), { maxLength: 2 }),
      accountIds: fc.uniqueArray(fc.constantFrom<string>(...names), { maxLength: 4 }),
      quorum: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 3 },
  ),
});

const now = minute(61);
const weigh = (given: readonly GateApproval[], rules: ApprovalPolicy, at = now) => weighApprovals(given, rules, subject, at);
const check = <T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: 300 });

describe('approvals', () => {
  it('are never counted more often than there are people who may give them', () => {
    check(
      fc.property(words, policy, (given, rules) => {
        const { given: counted, weighed } = weigh(given, rules);
        const authors = weighed.filter(({ discount, approval: { decision } }) => discount === null && decision === 'APPROVED');

        expect(counted).toBe(new Set(authors.map(({ approval: { accountId } }) => accountId)).size);
        expect(authors.every(({ approval: { accountId } }) => ['ann', 'ben', 'cat'].includes(accountId))).toBe(true);
      }),
    );
  });

  it('count in a group for no more of its people than spoke, and than were spoken for', () => {
    check(
      fc.property(words, policy, (given, rules) => {
        const tally = weigh(given, rules);
        const counted = tally.weighed.filter(({ discount, approval: { decision } }) => discount === null && decision === 'APPROVED');
        for (const [index, { given: inGroup }] of tally.groups.entries()) {
          const group = rules.groups[index];
          if (group === undefined) throw new Error('a group is missing');
          const spokenFor = counted.flatMap(({ approval: word }) => voicesOf(word, rules).filter((voice) => isOf(group, voice)));

          expect(inGroup).toBeLessThanOrEqual(counted.length);
          expect(inGroup).toBeLessThanOrEqual(new Set(spokenFor.map(({ accountId }) => accountId)).size);
        }
      }),
    );
  });

  it('of others change nothing of what whoever asked may bring about alone', () => {
    check(
      fc.property(words, policy, (given, rules) => {
        const strict = { ...rules, allowSelfApproval: false };
        const own = given.filter(({ accountId }) => accountId === strict.requesterAccountId);

        expect(weigh(own, strict)).toMatchObject({ met: false, given: 0 });
      }),
    );
  });

  it('come to the same whatever order they are read in', () => {
    check(
      fc.property(words, policy, fc.func(fc.integer()), (given, rules, rank) => {
        const shuffled = [...given].sort((a, b) => rank(given.indexOf(a)) - rank(given.indexOf(b)));
        const { weighed: _before, ...before } = weigh(given, rules);
        const { weighed: _after, ...after } = weigh(shuffled, rules);

        expect(after).toEqual(before);
      }),
    );
  });

  it('are not made enough by another rejection', () => {
    check(
      fc.property(words, approval, policy, (given, more, rules) => {
        const rejection: GateApproval = { ...more, decision: 'REJECTED', at: minute(60.5) };
        fc.pre(!weigh(given, rules).met);

        expect(weigh([...given, rejection], rules).met).toBe(false);
      }),
    );
  });

  it('only become fewer as time passes, and count in no more groups', () => {
    check(
      fc.property(words, policy, fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 120 }), (given, rules, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map((offset) => weigh(given, rules, minute(61 + offset)));
        if (early === undefined || late === undefined) throw new Error('there are two');

        expect(late.given).toBeLessThanOrEqual(early.given);
        for (const [index, group] of late.groups.entries()) expect(group.given).toBeLessThanOrEqual(early.groups[index]?.given ?? 0);
        if (late.met) expect(early.met).toBe(true);
      }),
    );
  });
});

it('a gate is open only if every requirement holds, is fresh, and people approved', () => {
  const requirement = fc.record({
    key: fc.constant('r'),
    met: fc.constantFrom(true as const, true as const, false as const, 'unknown' as const),
    evidence: fc.constant(''),
    checkedAt: fc.integer({ min: 0, max: 60 }).map(minute),
    owner: fc.constant({ kind: 'system' as const, system: 's' }),
    freshForMs: fc.option(fc.integer({ min: 1, max: 90 }).map((minutes) => minutes * 60_000)),
  });
  check(
    fc.property(fc.array(requirement, { maxLength: 3 }), words, fc.option(policy), (requirements, approvals, rules) => {
      const { open, readyForApproval } = evaluateGate(requirements, { policy: rules, approvals, subject }, now);
      const hold = requirements.every(
        ({ met, checkedAt, freshForMs }) => met === true && (freshForMs === null || now.getTime() - checkedAt.getTime() <= freshForMs),
      );

      expect(readyForApproval).toBe(hold);
      expect(open).toBe(hold && (rules === null || weigh(approvals, rules).met));
    }),
  );
});

it('each reminder has one time, whenever the gate is looked at, and the next is always later than now', () => {
  const every = fc.option(fc.integer({ min: 1, max: 30 }).map((minutes) => minutes * 60_000));
  check(
    fc.property(every, every, every, fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 20 }), (first, interval, escalate, looks) => {
      const times = { remindAfterMs: first, remindEveryMs: interval, escalateAfterMs: escalate };
      const named = new Map<string, number>();
      for (const offset of looks) {
        const { due, nextAt } = remindersAt(times, minute(0), minute(offset));
        for (const { kind, number, at } of due) {
          expect(at.getTime()).toBeLessThanOrEqual(minute(offset).getTime());
          expect(named.get(`${kind} ${number}`) ?? at.getTime()).toBe(at.getTime());
          named.set(`${kind} ${number}`, at.getTime());
        }
        if (nextAt !== null) expect(nextAt.getTime()).toBeGreaterThan(minute(offset).getTime());
      }
    }),
  );
});
