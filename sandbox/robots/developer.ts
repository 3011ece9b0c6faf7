import type { FakeRepository } from '../../test/fakes/github/index.ts';
import type { Push } from '../hosts/host.ts';
import { lateFix } from '../seed/history.ts';
import type { SandboxTenant } from '../tenant.ts';
import type { Robot } from './robot.ts';

const firstCandidate = /^(?<release>.+)-rc\.1$/;

/** Finds a bug in each release's first candidate and fixes it on the release branch: the second cycle has something new. Never again. */
export function developer(tenants: () => Iterable<SandboxTenant>, times: { fixAfterMs: number }): Robot {
  const seenAt = new Map<string, number>();
  const done = new Set<string>();
  return {
    look(now) {
      for (const { repository, code } of tenants()) {
        for (const [tag, target] of repository.git.tags) {
          const id = `${repository.fullName} ${tag}`;
          const version = firstCandidate.exec(tag)?.groups?.release;
          if (version === undefined || done.has(id)) continue;
          const since = seenAt.get(id) ?? now;
          seenAt.set(id, since);
          if (now - since < times.fixAfterMs) continue;
          done.add(id);
          seenAt.delete(id);
          const branch = releaseBranch(repository, version, repository.git.peel(target) ?? '');
          if (branch !== null) code.pushed(fix(repository, branch));
        }
      }
    },
  };
}

/** The branch that stands at the candidate; several releases may have been forked from the same commit, then the version says which. */
function releaseBranch(repository: FakeRepository, release: string, commit: string): string | null {
  const there = [...repository.git.branches].flatMap(([name, head]) =>
    head === commit && name !== repository.defaultBranch ? [name] : [],
  );
  const version = release.replace(/^\D*/, '');
  const named = there.find((name) => name.split(/[^\d.]+/).includes(version));
  return named ?? (there.length === 1 ? (there[0] ?? null) : null);
}

function fix(repository: FakeRepository, branch: string): Push {
  const before = repository.git.branches.get(branch) ?? '';
  const { message, by, touches } = lateFix;
  const after = repository.pushCommit({ branch, message, author: by, files: { [touches]: `${message}\n` } });
  return { branch, before, after, message, by };
}
