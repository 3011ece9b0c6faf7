import type { FakeRepository } from './repository.ts';

/** Where refs of this kind are kept; `null` for what is neither branch nor tag. */
export function refsOf(repository: FakeRepository, ref: string): Map<string, string> | null {
  if (/^refs\/heads\/.+/.test(ref)) return repository.git.branches;
  return /^refs\/tags\/.+/.test(ref) ? repository.git.tags : null;
}
