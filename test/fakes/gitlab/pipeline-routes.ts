import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { forbidden, missing, notFound, page, param, text, unprocessable } from './answers.ts';
import { PipelineRefused } from './ci-configuration.ts';
import type { FakePipeline } from './pipeline.ts';
import * as bodies from './pipeline-bodies.ts';
import type { FakePipelines } from './pipelines.ts';
import { DEVELOPER, type FakeProject, MAINTAINER } from './project.ts';
import type { Caller, RouteContext } from './repository-routes.ts';

type PipelineHandler = (request: FakeRequest, project: FakeProject, pipeline: FakePipeline, caller: Caller) => FakeAnswer;

export function pipelineRoutes(context: RouteContext & { pipelines: FakePipelines }): void {
  const { route, server, pipelines } = context;
  const withPipeline = (handler: PipelineHandler) => (request: FakeRequest, project: FakeProject, caller: Caller) => {
    const pipeline = project.pipelines.find((each) => String(each.id) === request.params.pipeline);
    return pipeline ? handler(request, project, pipeline, caller) : notFound();
  };

  route(
    'POST',
    '/pipeline',
    (request, project, { username, role }) => {
      const ref = text(request, 'ref');
      if (!ref) return missing('ref');
      if (project.buildsAccess === 'disabled') return forbidden();
      try {
        const started = { ref, source: 'api', user: username, role, variables: variablesOf(request), inputs: inputsOf(request) };
        return { status: 201, body: bodies.pipeline(project, pipelines.start(project, started)) };
      } catch (error) {
        if (error instanceof PipelineRefused) return unprocessable(error.message);
        throw error;
      }
    },
    { role: DEVELOPER },
  );

  route('GET', '/pipelines', (request, project) => {
    const now = project.now().getTime();
    const wanted = (name: string, value: string) => (request.query.get(name) ?? value) === value;
    const matching = project.pipelines.filter(
      (each) => each.visibleAt <= now && wanted('ref', each.ref) && wanted('source', each.source) && wanted('status', each.status),
    );
    const sorted = request.query.get('sort') === 'asc' ? matching : matching.toReversed();
    const listed = page(request, sorted, server.origin);
    return { status: 200, headers: listed.headers, body: listed.items.map((each) => bodies.basicPipeline(project, each)) };
  });

  route(
    'GET',
    '/pipelines/:pipeline',
    withPipeline((_request, project, pipeline) => ({ status: 200, body: { ...bodies.pipeline(project, pipeline), name: pipeline.name } })),
  );

  route(
    'GET',
    '/pipelines/:pipeline/variables',
    withPipeline((_request, _project, pipeline, { username, role }) => {
      if (role < MAINTAINER && pipeline.user !== username) return forbidden();
      return { status: 200, body: pipeline.variables.map((variable) => ({ ...variable, raw: false })) };
    }),
  );

  route(
    'POST',
    '/pipelines/:pipeline/cancel',
    withPipeline((_request, project, pipeline) => {
      pipelines.cancel(project, pipeline);
      return { status: 200, body: bodies.pipeline(project, pipeline) };
    }),
    { role: DEVELOPER },
  );

  route(
    'POST',
    '/pipelines/:pipeline/retry',
    withPipeline((_request, project, pipeline) => {
      pipelines.retry(project, pipeline);
      return { status: 201, body: bodies.pipeline(project, pipeline) };
    }),
    { role: DEVELOPER },
  );

  jobRoutes(context, withPipeline);
}

function jobRoutes(
  { route, server }: RouteContext,
  withPipeline: (handler: PipelineHandler) => (request: FakeRequest, project: FakeProject, caller: Caller) => FakeAnswer,
): void {
  const locate = (request: FakeRequest, project: FakeProject) => {
    for (const pipeline of project.pipelines) {
      const job = pipeline.jobs.find((each) => String(each.id) === request.params.job);
      if (job) return { pipeline, job };
    }
    return null;
  };

  route(
    'GET',
    '/pipelines/:pipeline/jobs',
    withPipeline((request, project, pipeline) => {
      const withRetried = request.query.get('include_retried') === 'true';
      const jobs = pipeline.jobs.filter((job) => withRetried || !job.retried).toReversed();
      const listed = page(request, jobs, server.origin);
      return { status: 200, headers: listed.headers, body: listed.items.map((job) => bodies.job(project, pipeline, job)) };
    }),
  );

  route('GET', '/jobs/:job', (request, project) => {
    const found = locate(request, project);
    return found ? { status: 200, body: bodies.job(project, found.pipeline, found.job) } : notFound();
  });

  route('GET', '/jobs/:job/artifacts', (request, project) => {
    const archive = locate(request, project)?.job.archive;
    if (!archive || archive.expired) return notFound();
    return {
      status: 200,
      body: Buffer.from(archive.bytes),
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(archive.bytes.byteLength),
        'content-disposition': `attachment; filename="${archive.filename}"`,
      },
    };
  });
}

function variablesOf(request: FakeRequest): FakePipeline['variables'] {
  const given = param(request, 'variables');
  if (!Array.isArray(given)) return [];
  return given.map((each: { key?: unknown; value?: unknown; variable_type?: unknown }) => ({
    key: String(each.key),
    value: String(each.value),
    variable_type: String(each.variable_type ?? 'env_var'),
  }));
}

function inputsOf(request: FakeRequest): Record<string, unknown> {
  const given = param(request, 'inputs');
  return typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
}
