import { expect, it } from 'vitest';
import { subjectDigest } from '../gates/subject.ts';
import { evaluateRegressionGate } from './regression-gate.ts';

const at = new Date('2026-11-21T12:00:00Z');
const commit = 'a'.repeat(40);
const builds = [
  { name: 'ANDROID', identity: 'sha256:1' },
  { name: 'IOS', identity: 'sha256:2', otherCommitReason: 'Same sources, built again' },
];

it('a build that was adopted from another commit is told of in the evidence of the gate, and is the same build to approvals', () => {
  const candidate = { commit, builds, notesDigest: null };
  const { requirements } = evaluateRegressionGate({
    ...{
      readAt: at,
      activeCycles: 0,
      doneCycles: 1,
      plannedSlots: 0,
      openBlockers: [],
      thresholdPercent: 0,
      tests: [],
      automation: null,
      candidate,
    },
    ...{ branchHead: { known: true, value: commit, checkedAt: at }, freshForMs: 60_000, policy: null, approvals: [] },
  });

  expect(requirements.find(({ key }) => key === 'candidate')).toMatchObject({
    met: true,
    evidence: `1 cycle done, candidate ${commit}; the IOS build is of another commit: Same sources, built again`,
  });
  const plain = builds.map(({ name, identity }) => ({ name, identity }));
  expect(subjectDigest(candidate)).toBe(subjectDigest({ ...candidate, builds: plain }));
});
