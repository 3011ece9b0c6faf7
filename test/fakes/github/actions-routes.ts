import type { FakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { DispatchRefused, type FakeActions } from './actions.ts';
import { member, notFound, page, refusal, text } from './answers.ts';
import type { ArtifactStore } from './artifact-store.ts';
import * as bodies from './bodies.ts';
import type { RepositoryRoute } from './git-routes.ts';
import type { FakeRepository } from './repository.ts';
import type { FakeArtifact, FakeRun } from './run.ts';

interface RouteContext {
  route: RepositoryRoute;
  server: FakeServer;
  actions: FakeActions;
  store: ArtifactStore;
  now: () => Date;
}

export function actionsRoutes(context: RouteContext): void {
  const { route, server, actions, now } = context;
  artifactRoutes(context);
  const withRun =
    (handler: (request: FakeRequest, repository: FakeRepository, run: FakeRun) => FakeAnswer) =>
    (request: FakeRequest, repository: FakeRepository): FakeAnswer => {
      const run = repository.runs.find((each) => String(each.id) === request.params.run);
      return run ? handler(request, repository, run) : notFound();
    };

  route('GET', '/actions/workflows', (request, repository) => {
    const found = page(request, repository.workflows, server.origin);
    const workflows = found.items.map((workflow) => bodies.workflow(repository, workflow));
    return { status: 200, headers: found.headers, body: { total_count: found.total, workflows } };
  });

  route('GET', '/actions/workflows/:workflow', (request, repository) => {
    const workflow = actions.find(repository, request.params.workflow ?? '');
    return workflow ? { status: 200, body: bodies.workflow(repository, workflow) } : notFound();
  });

  route('POST', '/actions/workflows/:workflow/dispatches', (request, repository) => {
    const workflow = actions.find(repository, request.params.workflow ?? '');
    if (!workflow) return notFound();
    const inputs = (member(request, 'inputs') ?? {}) as Record<string, string>;
    try {
      const run = actions.dispatch(repository, workflow, text(request, 'ref') ?? '', inputs);
      if (member(request, 'return_run_details') !== true || !actions.returnsRunDetails) return { status: 204 };
      const { url: run_url, html_url } = bodies.run(repository, run);
      return { status: 200, body: { workflow_run_id: run.id, run_url, html_url } };
    } catch (error) {
      if (error instanceof DispatchRefused) return refusal(422, error.message);
      throw error;
    }
  });

  route('GET', '/actions/workflows/:workflow/runs', (request, repository) => {
    const workflow = actions.find(repository, request.params.workflow ?? '');
    if (!workflow) return notFound();
    const matching = repository.runs.filter((run) => run.workflow === workflow && listed(run, request.query, now()));
    const found = page(request, matching.toReversed(), server.origin);
    const runs = found.items.map((run) => bodies.run(repository, run));
    return { status: 200, headers: found.headers, body: { total_count: found.total, workflow_runs: runs } };
  });

  route(
    'GET',
    '/actions/runs/:run',
    withRun((_request, repository, run) => ({ status: 200, body: bodies.run(repository, run) })),
  );

  route(
    'GET',
    '/actions/runs/:run/artifacts',
    withRun((request, repository, run) => {
      const found = page(request, run.artifacts, server.origin);
      const artifacts = found.items.map((artifact) => bodies.artifact(repository, run, artifact));
      return { status: 200, headers: found.headers, body: { total_count: found.total, artifacts } };
    }),
  );

  route(
    'POST',
    '/actions/runs/:run/cancel',
    withRun((_request, repository, run) => {
      if (run.status === 'completed') return refusal(409, 'Cannot cancel a workflow run that is completed.');
      actions.advance(repository, run, 'completed', 'cancelled');
      return { status: 202, body: {} };
    }),
  );

  route(
    'POST',
    '/actions/runs/:run/rerun-failed-jobs',
    withRun((_request, repository, run) => {
      if (run.status !== 'completed') return refusal(403, 'This workflow is already running');
      if (run.conclusion === 'success') return refusal(403, 'This workflow run cannot be retried');
      actions.rerun(repository, run);
      return { status: 201, body: {} };
    }),
  );
}

function artifactRoutes({ route, store }: RouteContext): void {
  const withArtifact =
    (handler: (repository: FakeRepository, run: FakeRun, artifact: FakeArtifact) => FakeAnswer) =>
    (request: FakeRequest, repository: FakeRepository): FakeAnswer => {
      for (const run of repository.runs) {
        const artifact = run.artifacts.find((each) => String(each.id) === request.params.artifact);
        if (artifact) return handler(repository, run, artifact);
      }
      return notFound();
    };

  route(
    'GET',
    '/actions/artifacts/:artifact',
    withArtifact((repository, run, artifact) => ({ status: 200, body: bodies.artifact(repository, run, artifact) })),
  );

  route(
    'GET',
    '/actions/artifacts/:artifact/zip',
    withArtifact((_repository, _run, artifact) =>
      artifact.expired ? refusal(410, 'Artifact has expired') : { status: 302, headers: { location: store.address(artifact) } },
    ),
  );
}

function listed(run: FakeRun, query: URLSearchParams, now: Date): boolean {
  const created = /^>=(.+)$/.exec(query.get('created') ?? '')?.[1];
  return (
    run.visibleAt <= now.getTime() &&
    (query.get('branch') ?? run.ref) === run.ref &&
    (query.get('event') ?? 'workflow_dispatch') === 'workflow_dispatch' &&
    (query.get('status') ?? run.status) === run.status &&
    (created === undefined || Date.parse(run.createdAt) >= Date.parse(created))
  );
}
