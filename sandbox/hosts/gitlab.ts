import { randomUUID } from 'node:crypto';
import type { GitModel } from '../../test/fakes/git/git-model.ts';
import { type FakePipeline, type FakeProject, type GitlabFake, MAINTAINER, tokenHeaders } from '../../test/fakes/gitlab/index.ts';
import { artifactOf, workflowsByPurpose } from '../seed/workflow-files.ts';
import type { Webhooks, WebhookTarget } from '../webhooks.ts';
import { type CiHost, type CodeHost, type ConnectionAccess, correlationIdOf } from './host.ts';

/** A GitLab project with the history that the team's developers push to. */
export interface GitlabParts {
  fake: GitlabFake;
  project: FakeProject;
  token: string;
}

/** Events of the hook that a person, or Signalbox, would have set up. */
const EVENTS = ['push_events', 'tag_push_events', 'merge_requests_events', 'pipeline_events', 'job_events', 'releases_events'];

export function addGitlabProject(fake: GitlabFake, input: { owner: string; repo: string; git: GitModel; token: string }): GitlabParts {
  const { owner, repo, git, token } = input;
  const username = `${owner}-release-bot`;
  fake.world.addToken({ value: token, username });
  const project = fake.world.addProject({ path: `${owner}/${repo}`, git, members: { [username]: MAINTAINER } });
  return { fake, project, token };
}

const accessOf = ({ fake, project, token }: GitlabParts, displayName: string): ConnectionAccess => ({
  ...{ origin: fake.origin, provider: 'gitlab', displayName, baseUrl: fake.baseUrl },
  credentials: { token },
  settings: { project: project.path },
});

/** Code and CI of one project may be two connections, each with an address of its own. */
function pointHooks(project: FakeProject, targets: readonly WebhookTarget[]): void {
  const urls = new Set(targets.map(({ url }) => url));
  for (const hook of project.hooks.filter(({ url }) => urls.has(url))) project.hooks.splice(project.hooks.indexOf(hook), 1);
  for (const { url, secret } of targets) project.addHook({ url, token: secret, events: EVENTS });
}

export function gitlabCode(parts: GitlabParts, webhooks: Webhooks): CodeHost {
  const { project } = parts;
  return {
    access: accessOf(parts, 'Sandbox GitLab'),
    releases: () => project.releases.map(({ tag, name, description }) => ({ tag, name, body: description })),
    point: (targets) => pointHooks(project, targets),
    pushed({ branch, before, after, message, by }) {
      const payload = {
        ...{ object_kind: 'push', event_name: 'push', ref: `refs/heads/${branch}`, before, after, checkout_sha: after },
        ...{ user_name: by.name, user_username: by.login, project_id: project.id, total_commits_count: 1 },
        commits: [{ id: after, message, author: { name: by.name, email: by.email } }],
      };
      for (const { url, token } of project.hooks) {
        const deliveryId = randomUUID();
        webhooks.send(url, { provider: 'gitlab', event: 'Push Hook', deliveryId }, tokenHeaders(token, 'Push Hook', deliveryId), payload);
      }
    },
  };
}

export function gitlabCi(parts: GitlabParts): CiHost {
  const { project } = parts;
  return {
    access: accessOf(parts, 'Sandbox GitLab CI'),
    // One pipeline for all purposes; a variable says which.
    workflows: workflowsByPurpose.map(({ file, ...purpose }) => ({
      ...{ ...purpose, workflowId: 'pipeline', displayName: file, inputs: { build: file } },
    })),
    runs: () =>
      project.pipelines.map((pipeline) => ({
        id: String(pipeline.id),
        workflow: variable(pipeline, 'build') ?? 'pipeline',
        ...{ ref: pipeline.ref, commit: pipeline.sha, status: pipeline.status, conclusion: conclusionOf(pipeline.status) },
        attempt: 1 + pipeline.jobs.filter(({ retried }) => retried).length,
        correlationId: correlationIdOf(Object.fromEntries(pipeline.variables.map(({ key, value }) => [key, value]))),
        artifacts: pipeline.jobs.flatMap(({ archive }) => archive?.filename ?? []),
      })),
    artifact: (runId, name) => {
      const jobs = project.pipelines.find(({ id }) => String(id) === runId)?.jobs;
      return jobs?.find(({ archive }) => archive?.filename === name)?.archive?.bytes ?? null;
    },
    point: (targets) => pointHooks(project, targets),
  };
}

/** What a pipeline of the sandbox leaves behind when it succeeds. */
export function gitlabArchives(pipeline: FakePipeline): string[] {
  const name = artifactOf(variable(pipeline, 'build') ?? '', variable(pipeline, 'version') || pipeline.sha.slice(0, 7));
  return name === null ? [] : [name];
}

const variable = (pipeline: FakePipeline, name: string) => pipeline.variables.find(({ key }) => key === name)?.value;
const conclusionOf = (status: string) => (['success', 'failed', 'canceled', 'skipped'].includes(status) ? status : null);
