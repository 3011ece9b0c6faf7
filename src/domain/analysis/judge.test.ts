import { describe, expect, it } from 'vitest';
import type { Samples } from './classify.ts';
import { type JudgeDefinition, type JudgedMetric, judge, judgeDefaults } from './judge.ts';

const steady = Array.from({ length: 60 }, (_, index) => 100 + (index % 10));
const passing: Samples = { canary: steady, baseline: steady };
const failing: Samples = { canary: steady.map((point) => point + 50), baseline: steady };
const missing: Samples = { canary: steady, baseline: steady.slice(0, 49) };

const letters: Record<string, Samples> = { p: passing, f: failing, n: missing };

/** Each group's weight, and its metrics: `p` passing, `f` failing, `n` without data; the same in upper case is critical. */
function judged(...groups: (readonly [number, string])[]) {
  const samples = new Map<string, Samples>();
  const definition: JudgeDefinition = {
    ...judgeDefaults,
    groups: groups.map(([weight, metrics], group) => ({
      ...{ name: `group ${group}`, weight },
      metrics: [...metrics].map((letter, index): JudgedMetric => {
        const name = `${group}.${index}`;
        samples.set(name, letters[letter.toLowerCase()] ?? missing);
        return { name, query: null, direction: 'increase', missing: 'remove', critical: letter !== letter.toLowerCase() };
      }),
    })),
  };
  return judge(definition, samples);
}

describe('the score of a canary', () => {
  it.each([
    ['all pass', [[1, 'ppp']], 100, 'pass'],
    ['95 is a pass', [[1, `${'p'.repeat(19)}f`]], 95, 'pass'],
    ['below is marginal', [[1, 'ppppppppf']], 88.888889, 'marginal'],
    ['75 is marginal', [[1, 'pppf']], 75, 'marginal'],
    ['below is a fail', [[1, 'ppf']], 66.666667, 'fail'],
    [
      'groups count by their weight, however many metrics they have',
      [
        [90, 'p'],
        [10, 'ffff'],
      ],
      90,
      'marginal',
    ],
    [
      'weights need not make 100',
      [
        [3, 'p'],
        [1, 'pf'],
      ],
      87.5,
      'marginal',
    ],
    [
      'a critical metric that fails makes it 0',
      [
        [99, 'pppp'],
        [1, 'F'],
      ],
      0,
      'fail',
    ],
    ['a critical metric that passes is like any other', [[1, 'Pf']], 50, 'fail'],
  ] as const)('%s', (_what, groups, score, verdict) => {
    expect(judged(...groups)).toMatchObject({ score, highestScore: score, verdict });
  });

  it.each([
    ['nothing has data', [[1, 'nn']], 'inconclusive', [0, 100]],
    ['what has none would decide', [[1, 'pn']], 'inconclusive', [50, 100]],
    [
      'it would not: passed already',
      [
        [97, 'p'],
        [3, 'n'],
      ],
      'pass',
      [97, 100],
    ],
    ['it would not: failed already', [[1, 'ffn']], 'fail', [0, 33.333333]],
    ['it would not: marginal either way', [[1, `${'p'.repeat(16)}nfff`]], 'marginal', [80, 85]],
    [
      'a critical metric has none',
      [
        [99, 'p'],
        [1, 'N'],
      ],
      'inconclusive',
      [0, 100],
    ],
    ['a critical metric has none and another critical one failed', [[1, 'pNF']], 'fail', [0, 0]],
    ['there is no metric', [[1, '']], 'inconclusive', [0, 100]],
    ['there is no group', [], 'inconclusive', [0, 100]],
  ] as const)('without data: %s', (_what, groups, verdict, [score, highestScore]) => {
    expect(judged(...groups)).toMatchObject({ verdict, score, highestScore });
  });

  it('a metric nobody brought samples of has no data', () => {
    const metric: JudgedMetric = { name: 'errors', query: null, direction: 'either', missing: 'replace', critical: false };

    const judgement = judge(
      { ...judgeDefaults, groups: [{ name: 'all', weight: 1, metrics: [metric] }] },
      new Map([['misspelt', passing]]),
    );

    expect(judgement.verdict).toBe('inconclusive');
    expect(judgement.metrics).toMatchObject([
      { name: 'errors', group: 'all', classification: 'NODATA', points: { canary: 0, baseline: 0 } },
    ]);
  });
});
