import { expect, it } from 'vitest';
import { frozenConfig } from '../../../test/data/release-facts.ts';
import { plainRules } from '../gates/approval-rules.ts';
import { policyOf } from './gate-rules.ts';

const { gates } = frozenConfig();

it('a gate without rules of its own is judged by those of all gates', () => {
  expect(policyOf({ ...gates, quorum: 3 }, 'distribution', 'ann')).toEqual({
    ...{ quorum: 3, groups: [], allowSelfApproval: false, expiresAfterMs: null, requesterAccountId: 'ann' },
  });
});

it('rules of one gate count for that one alone', () => {
  const own = { ...plainRules, quorum: 1, allowSelfApproval: true, expiresAfterMs: 60_000 };
  const rules = { ...gates, quorum: 2, distribution: own };

  expect(policyOf(rules, 'distribution', 'ann')).toMatchObject({ quorum: 1, allowSelfApproval: true, expiresAfterMs: 60_000 });
  expect(policyOf(rules, 'pre-release', 'ann')).toMatchObject({ quorum: 2, allowSelfApproval: false, expiresAfterMs: null });
});

it('a gate that opens by itself asks nobody', () => {
  expect(policyOf({ ...gates, distributionApproval: 'automatic' }, 'distribution', 'ann')).toBeNull();
  expect(policyOf({ ...gates, distributionApproval: 'automatic' }, 'pre-release', 'ann')).not.toBeNull();
});
