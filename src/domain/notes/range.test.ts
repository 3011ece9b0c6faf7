import { expect, it } from 'vitest';
import { notesRange } from './range.ts';

it.each([
  ['the previous candidate', { previousCandidate: 'v2-rc.1', baseTag: 'v1', forkCommit: 'f' }, 'v2-rc.1', []],
  ['the base release in the first candidate and the final notes', { previousCandidate: null, baseTag: 'v1', forkCommit: 'f' }, 'v1', []],
  ['the fork in the first release of all, and says so', { previousCandidate: null, baseTag: null, forkCommit: 'f' }, 'f', ['since-fork']],
  ['nothing where not even the fork is known', { previousCandidate: null, baseTag: null, forkCommit: null }, 'v2', ['since-fork']],
])('notes begin at %s', (_name, known, base, remarks) => {
  expect(notesRange('v2', known)).toEqual({ base, head: 'v2', remarks });
});
