import { expect, it } from 'vitest';
import { changedParts, type GateSubject, partsInWords, subjectDigest } from './subject.ts';

const builds = [
  { name: 'IOS', identity: 'sha256:1' },
  { name: 'ANDROID', identity: 'sha256:2' },
];
const subject: GateSubject = { commit: 'a'.repeat(40), builds, notesDigest: 'sha256:3' };

it('two digests tell which parts differ, and the order of builds is none', () => {
  const other = { ...subject, builds: [...builds].reverse(), notesDigest: null };

  expect(changedParts(subjectDigest(subject), subjectDigest({ ...subject, builds: [...builds].reverse() }))).toEqual([]);
  expect(changedParts(subjectDigest(subject), subjectDigest(other))).toEqual(['notes']);
  expect(changedParts(subjectDigest(subject), subjectDigest({ commit: 'b', builds: [], notesDigest: null }))).toEqual([
    'commit',
    'builds',
    'notes',
  ]);
});

it('what is no digest is another subject altogether', () => {
  expect(partsInWords(changedParts('anything', subjectDigest(subject)))).toBe('another commit and other builds and other notes');
});
