import semver from 'semver';
import type { ReleaseType } from '../release/vocabulary.ts';
import type { Scheme } from './scheme.ts';

/** `1.4.0` without a pre-release part: candidates are marked by their tags, not by their version. */
export const semverScheme: Scheme = {
  check(version) {
    const parsed = semver.parse(version);
    // The parser forgives a leading `v` and blanks, which would then appear in tags.
    if (parsed === null || !/^\d/.test(version) || /\s/.test(version)) return 'is not a semantic version such as 1.4.0';
    if (parsed.prerelease.length > 0) return 'has a pre-release part; candidates are marked by their tags';
    return null;
  },
  compare: (a, b) => semver.compare(a, b),
  checkStep(type, version, latest) {
    const sameMajor = semver.major(version) === semver.major(latest);
    const sameMinor = sameMajor && semver.minor(version) === semver.minor(latest);
    switch (type) {
      case 'MAJOR':
        return sameMajor ? `A major release must raise the first number of ${latest}.` : null;
      case 'MINOR':
        return sameMinor ? `A minor release must raise the first or second number of ${latest}.` : null;
      case 'HOTFIX':
        return sameMinor ? null : `A hotfix raises only the last number of ${latest}.`;
      default:
        return type satisfies never;
    }
  },
  next: (type, latest) => (latest === null ? '1.0.0' : semver.inc(latest, raised[type])),
  lineOf: (version) => `${semver.major(version)}.${semver.minor(version)}`,
};

const raised: Record<ReleaseType, 'major' | 'minor' | 'patch'> = { MAJOR: 'major', MINOR: 'minor', HOTFIX: 'patch' };
