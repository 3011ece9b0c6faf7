import { gzipSync } from 'node:zlib';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { buildBody, itemBody } from './bodies.ts';
import { type FakeBuild, type FakeItem, type FakeJob, urlPath } from './item.ts';
import { readValues } from './parameters.ts';
import type { JenkinsFakeState } from './state.ts';
import { applyTree } from './tree.ts';
import { byPerson } from './world.ts';

const page = (status: number, text: string): FakeAnswer => ({
  status,
  body: `<html><body>${text}</body></html>`,
  headers: { 'content-type': 'text/html;charset=utf-8' },
});
const notFound = () => page(404, 'Not Found');

/** Everything below `/job/`. */
export function answerJob(state: JenkinsFakeState, request: FakeRequest): FakeAnswer {
  // Jetty takes an encoded slash for an attempt to get somewhere else.
  if (/%2F/i.test(request.path)) return page(400, 'Ambiguous URI path separator');
  const segments = request.path.split('/').slice(1).map(decodeURIComponent);
  const names: string[] = [];
  while (segments[0] === 'job' && segments[1]) names.push(segments.splice(0, 2)[1] ?? '');
  const item = state.world.items.get(names.join('/'));
  if (!item) return notFound();
  const rest = segments.join('/');
  if (request.method === 'GET' && rest === 'api/json') return json(request, itemBody(state.world, item, state.rootUrl));
  if (item.type !== 'job') return notFound();
  if (request.method === 'POST' && (rest === 'build' || rest === 'buildWithParameters')) return start(state, item, rest, request);
  const build = item.builds.find((candidate) => String(candidate.number) === segments[0]);
  return build ? answerBuild(state, build, segments.slice(1), request) : notFound();
}

export function json(request: FakeRequest, body: unknown): FakeAnswer {
  return { status: 200, body: applyTree(body, request.query.get('tree')), headers: { 'content-type': 'application/json;charset=utf-8' } };
}

function start(state: JenkinsFakeState, job: FakeJob, how: 'build' | 'buildWithParameters', request: FakeRequest): FakeAnswer {
  const user = state.gatekeeper.who(request) ?? 'anonymous';
  const refusal = state.gatekeeper.lacking('build', user);
  if (refusal) return refusal;
  if (job.disabled) return page(409, `${job.path} is not buildable`);
  const isParameterised = job.parameters.length > 0;
  // As the servers do it: a form is wanted in place of plain fields, or the other way round.
  if (how === 'build' && isParameterised) return page(400, 'Nothing is submitted');
  if (how === 'buildWithParameters' && !isParameterised) return page(500, 'This build is not parameterized!');
  const sent = { ...Object.fromEntries(request.query), ...(typeof request.body === 'object' ? request.body : {}) };
  const values = readValues(job, sent);
  if (!values) return page(500, 'Illegal choice for parameter');
  if (state.refusesToQueue) return { status: 302, headers: { location: `${state.rootUrl}/${urlPath(job.path)}` } };
  // Only this way of starting says that an equal run waited already.
  const status = how === 'buildWithParameters' && state.world.waiting(job, values) ? 303 : 201;
  const item = state.world.enqueue(job, values, byPerson(user));
  return { status, headers: { location: `${state.rootUrl}/queue/item/${item.id}/` } };
}

function answerBuild(state: JenkinsFakeState, build: FakeBuild, segments: string[], request: FakeRequest): FakeAnswer {
  const rest = segments.join('/');
  if (segments[0] === 'artifact') return artifact(build, segments.slice(1).join('/'), request);
  if (request.method === 'GET' && rest === 'api/json') return json(request, buildBody(build, state.rootUrl));
  if (request.method === 'GET' && rest === 'wfapi/pendingInputActions' && state.hasPipelineApi && build.job.pipeline) {
    return { status: 200, body: build.waitsForInput ? [{ id: 'Release', message: 'Release?', proceedText: 'Proceed', inputs: [] }] : [] };
  }
  if (request.method !== 'POST' || rest !== 'stop') return notFound();
  const refusal = state.gatekeeper.lacking('cancel', state.gatekeeper.who(request) ?? 'anonymous');
  if (refusal) return refusal;
  if (build.building) state.world.finish(build, 'ABORTED');
  return { status: 302, headers: { location: `${state.rootUrl}/${urlPath(build.job.path)}${build.number}/` } };
}

function artifact(build: FakeBuild, relativePath: string, request: FakeRequest): FakeAnswer {
  const file = build.artifacts.find((candidate) => candidate.relativePath === relativePath);
  if (file) {
    const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
    // Text is compressed for whoever takes it so.
    if (relativePath.endsWith('.txt') && String(request.headers['accept-encoding'] ?? '').includes('gzip')) {
      const body = gzipSync(file.content);
      return { status: 200, body, headers: { ...headers, 'content-encoding': 'gzip', 'content-length': String(body.length) } };
    }
    const size = file.content.length;
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers.range ?? ''));
    if (!range) return { status: 200, body: file.content, headers: { ...headers, 'content-length': String(size) } };
    const part = file.content.subarray(Number(range[1]), Number(range[2]) + 1);
    const contentRange = `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${size}`;
    return { status: 206, body: part, headers: { ...headers, 'content-range': contentRange, 'content-length': String(part.length) } };
  }
  const isFolder = relativePath === '' || build.artifacts.some((candidate) => candidate.relativePath.startsWith(`${relativePath}/`));
  return isFolder ? page(200, `Index of ${relativePath}`) : notFound();
}

/** What Blue Ocean says of an item. */
export function pipelineBody(item: FakeItem, rights: ReadonlySet<string>): unknown {
  const name = item.path.split('/').at(-1) ?? '';
  return {
    _class: 'io.jenkins.blueocean.rest.impl.pipeline.PipelineImpl',
    name,
    fullName: item.path,
    permissions: { create: false, read: true, start: rights.has('build'), stop: rights.has('cancel') },
  };
}
