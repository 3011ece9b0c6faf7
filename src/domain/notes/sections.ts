import { type NoteSection, noteSections } from './document.ts';

const sectionOfType: Readonly<Record<string, NoteSection>> = {
  feat: 'features',
  feature: 'features',
  fix: 'fixes',
  bugfix: 'fixes',
  hotfix: 'fixes',
  perf: 'performance',
  security: 'security',
  revert: 'reverts',
  docs: 'documentation',
  doc: 'documentation',
  deps: 'dependencies',
};

const sectionOfLabel: Readonly<Record<string, NoteSection>> = {
  breaking: 'breaking',
  'breaking-change': 'breaking',
  'semver-major': 'breaking',
  security: 'security',
  feature: 'features',
  feat: 'features',
  enhancement: 'features',
  bug: 'fixes',
  bugfix: 'fixes',
  fix: 'fixes',
  performance: 'performance',
  perf: 'performance',
  revert: 'reverts',
  documentation: 'documentation',
  docs: 'documentation',
  dependencies: 'dependencies',
  deps: 'dependencies',
};

const skipLabels: ReadonlySet<string> = new Set([
  'skip-changelog',
  'changelog-skip',
  'no-changelog',
  'changelog-ignore',
  'ignore-changelog',
  'skip-release-notes',
  'no-release-notes',
  'release-notes-none',
  'release-note-none',
  'ignore-for-release',
]);

const BOTS =
  /^(?:app\/)?(?:dependabot(?:-preview)?|renovate(?:-bot)?|mend-renovate|greenkeeper|depfu|snyk-bot|pyup-bot|scala-steward)(?:\[bot\])?$/i;

/** The most important section that a label names; null = none does. Labels are compared without case, `type:` and the like. */
export function sectionOfLabels(labels: readonly string[]): NoteSection | null {
  const named = labels.map((label) => lookUp(sectionOfLabel, plain(label)) ?? lookUp(sectionOfLabel, withoutKind(plain(label))));
  return noteSections.find((section) => named.includes(section)) ?? null;
}

export const isSkipped = (labels: readonly string[]): boolean => labels.some((label) => skipLabels.has(plain(label)));

/** What a commit's type says; null = it has none, or one that says nothing to users. */
export function sectionOfCommit(type: string | null, scope: string | null): NoteSection | null {
  if (scope !== null && /^(?:deps|deps-dev|dependencies)$/i.test(scope)) return 'dependencies';
  return type === null ? null : (lookUp(sectionOfType, type) ?? null);
}

/** Accounts and names of services that bring in new versions of packages. */
export const isDependencyBot = (name: string | null | undefined): boolean =>
  typeof name === 'string' && BOTS.test(name.trim().replaceAll(' ', '-'));

const plain = (label: string) =>
  label
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_/:.-]+/g, '-');
const withoutKind = (label: string) => label.replace(/^(?:type|kind|changelog|category|t|c)-/, '');

/** A commit may call its type `constructor`. */
const lookUp = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);
