import { minimalRepository, simpleUser } from '../../test/fakes/github/bodies.ts';
import type { FakeRepository } from '../../test/fakes/github/index.ts';
import { workflowsByPurpose } from '../seed/workflow-files.ts';
import type { Webhooks } from '../webhooks.ts';
import { type CiHost, type CodeHost, type ConnectionAccess, correlationIdOf } from './host.ts';

/** GitHub knows one webhook address for all repositories: the relay, which `world.ts` points for code and CI at once. */

interface GithubParts {
  origin: string;
  token: string;
  repository: FakeRepository;
}

const accessOf = ({ origin, token, repository }: GithubParts, displayName: string): ConnectionAccess => ({
  ...{ origin, provider: 'github', displayName, baseUrl: origin },
  credentials: { token },
  settings: { owner: repository.owner, repo: repository.repo },
});

export function githubCode(parts: GithubParts, webhooks: Webhooks): CodeHost {
  const { repository } = parts;
  return {
    access: accessOf(parts, 'Sandbox GitHub'),
    releases: () => repository.releases.map(({ tagName, name, body }) => ({ tag: tagName, name, body })),
    point: () => undefined,
    pushed: ({ branch, before, after, message, by }) =>
      webhooks.github(repository.fullName, 'push', {
        ref: `refs/heads/${branch}`,
        ...{ before, after, created: false, deleted: false, forced: false },
        commits: [{ id: after, message, author: { name: by.name, email: by.email, username: by.login } }],
        repository: minimalRepository(repository),
        pusher: { name: by.login, email: by.email },
        sender: simpleUser(by.login ?? 'ghost'),
      }),
  };
}

export function githubActions(parts: GithubParts): CiHost {
  const { repository } = parts;
  return {
    access: accessOf(parts, 'Sandbox GitHub Actions'),
    workflows: workflowsByPurpose.map(({ file, ...purpose }) => ({
      ...{ ...purpose, workflowId: `${file}.yml`, displayName: file, inputs: {} },
    })),
    runs: () =>
      repository.runs.map(({ id, workflow, ref, headSha, inputs, status, conclusion, attempt, artifacts }) => ({
        ...{ id: String(id), workflow: workflow.name, ref, commit: headSha, status, conclusion, attempt },
        correlationId: correlationIdOf(inputs),
        artifacts: artifacts.map(({ name }) => name),
      })),
    artifact: (runId, name) =>
      repository.runs.find(({ id }) => String(id) === runId)?.artifacts.find((artifact) => artifact.name === name)?.content ?? null,
    point: () => undefined,
  };
}
