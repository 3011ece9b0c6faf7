import { expect, it } from 'vitest';
import type { Answer } from './load.ts';
import { splitOf, tableOf, tallyOf } from './tally.ts';

const answer = (askedAt: number, version: string | null, status: number | null = 200): Answer => ({
  ...{ askedAt, answeredAt: askedAt + 1, version, status },
});

it('tells what a version did wrong from what a switch did', () => {
  const answers = [
    answer(1, 'old'),
    answer(2, 'new', 500),
    answer(3, 'old', 500),
    // The balancer had nobody to ask; a version that was not ready; nobody answered at all.
    answer(4, null, 503),
    answer(5, 'new', 404),
    answer(6, null, null),
  ];

  expect(tallyOf(answers, 'new', { from: 0, to: 10 })).toEqual({ requests: 6, ofNew: 2, ownErrors: 2, failedBySwitch: 3 });
});

it('counts for a share only the requests that lie wholly in its time', () => {
  const answers = [answer(9, 'new'), answer(10, 'new'), answer(12, 'old'), answer(13, 'old'), answer(14, 'new'), answer(15, 'new')];

  expect(splitOf(answers, 'new', 50, { from: 10, to: 15 })).toMatchObject({ planned: 50, measured: 50, requests: 4, ofNew: 2 });
});

it('measures nothing where nobody asked, and says so', () => {
  const split = splitOf([], 'new', 5, { from: 0, to: 1 });

  expect(split.measured).toBeNull();
  expect(tableOf([split])[1]).toMatch(/^\s*1\s+5 %\s+none\s+0\s+0\s+0$/);
});
