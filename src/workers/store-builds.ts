import type { ReleaseTaskType } from '../domain/release/task-types.ts';
import type { Target } from '../domain/release/vocabulary.ts';
import type { StoreBuildOutput } from './store-build.ts';

/** The task that brings a build to the store of this target. */
export const buildTypeOf = (target: Target): ReleaseTaskType => (target === 'APP_STORE' ? 'TRIGGER_TEST_FLIGHT_BUILD' : 'CREATE_AAB_BUILD');

/** By what a build task's build is found in its store again; nothing is known where people skipped it, or did its work outside. */
export function knownBuild(output: StoreBuildOutput | null | undefined): { buildNumber: string | null; sha256: string | null } {
  return { buildNumber: output?.storeBuild?.buildNumber ?? null, sha256: output?.bundle?.sha256 ?? null };
}
