import { createHash } from 'node:crypto';

/** A build that is approved. */
export interface SubjectBuild {
  /** What tells it apart from the others of one subject: a platform, a store, a service. */
  name: string;
  /** Digest of its artifact, else the number or id under which it is known. */
  identity: string;
  /** Why it counts although it is of another commit, in the words of whoever adopted it; absent = it is of the subject's. */
  otherCommitReason?: string;
}

/** What exactly people are asked about. A word on one subject is none on another. */
export interface GateSubject {
  commit: string;
  /** One for each name; their order says nothing. */
  builds: readonly SubjectBuild[];
  /** `sha256:` and hexadecimal; null = there are no notes. */
  notesDigest: string | null;
}

export const subjectParts = ['commit', 'builds', 'notes'] as const;
export type SubjectPart = (typeof subjectParts)[number];

/** Of each part; 64 bits are enough to tell versions of one release apart. */
const PART_LENGTH = 16;
const DIGEST = /^[0-9a-f]{16}(?:-[0-9a-f]{16}){2}$/;

/** Three short digests joined by `-`, of the commit, the builds and the notes, so that two digests tell which part differs. */
export function subjectDigest(subject: GateSubject): string {
  return subjectParts.map((part) => partDigest(subject, part)).join('-');
}

/** Which parts differ. @returns all of them for what is no digest of ours */
export function changedParts(before: string, after: string): SubjectPart[] {
  if (!DIGEST.test(before)) return [...subjectParts];
  const [old, now] = [before.split('-'), after.split('-')];
  return subjectParts.filter((_part, index) => old[index] !== now[index]);
}

function partDigest({ commit, builds, notesDigest }: GateSubject, part: SubjectPart): string {
  const told: Record<SubjectPart, unknown> = {
    commit,
    builds: builds.map(({ name, identity }) => [name, identity]).sort(byName),
    notes: notesDigest,
  };
  return createHash('sha256').update(JSON.stringify(told[part])).digest('hex').slice(0, PART_LENGTH);
}

const byName = ([a = '']: string[], [b = '']: string[]) => (a < b ? -1 : a > b ? 1 : 0);

const names: Record<SubjectPart, string> = { commit: 'another commit', builds: 'other builds', notes: 'other notes' };

/** `another commit and other notes` */
export const partsInWords = (parts: readonly SubjectPart[]) => parts.map((part) => names[part]).join(' and ');
