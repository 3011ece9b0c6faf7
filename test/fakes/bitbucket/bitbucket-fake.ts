import { type CallMatch, type FakeServer, startFakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { commitArchive } from '../git/archive.ts';
import { page, refusal } from './answers.ts';
import * as bodies from './bodies.ts';
import { Credentials, type FakeCredential, holds } from './credentials.ts';
import { gitRoutes } from './git-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import { FakeRepository, type NewRepository } from './repository.ts';
import type { RepositoryRoute } from './route.ts';
import { settingsRoutes } from './settings-routes.ts';
import { srcRoutes } from './src-routes.ts';

export interface BitbucketFakeOptions {
  port?: number;
  host?: string;
  now?: () => Date;
  /** Calls remembered; a sandbox that runs for hours wants few. */
  maxCalls?: number;
}

export interface BitbucketFake extends Pick<FakeServer, 'origin' | 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  /** What a connection to it names. */
  baseUrl: string;
  world: BitbucketWorld;
}

/** What happens at Bitbucket without our asking. */
export interface BitbucketWorld {
  addRepository(input: NewRepository): FakeRepository;
  addCredential(credential: Pick<FakeCredential, 'kind' | 'secret'> & Partial<FakeCredential>): FakeCredential;
  /** Ends the tokens that consumers were given. */
  revokeTokens(): void;
}

/** The calls that write, for `failNext`. */
export const bitbucketWrites = {
  branch: { method: 'POST', path: /\/refs\/branches$/ },
  tag: { method: 'POST', path: /\/refs\/tags$/ },
  pullRequest: { method: 'POST', path: /\/pullrequests$/ },
  merge: { method: 'POST', path: /\/merge$/ },
  commit: { method: 'POST', path: /\/src$/ },
  deleteBranch: { method: 'DELETE', path: /\/refs\/branches\// },
  deleteTag: { method: 'DELETE', path: /\/refs\/tags\// },
  hook: { method: 'POST', path: /\/hooks$/ },
} satisfies Record<string, CallMatch>;

export async function createBitbucketFake(options: BitbucketFakeOptions = {}): Promise<BitbucketFake> {
  const now = options.now ?? (() => new Date());
  const repositories = new Map<string, FakeRepository>();
  const credentials = new Credentials();
  let lastId = 1_000;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };

  const server = await startFakeServer({ ...options, notFound: refusal(404, 'Resource not found') });
  const answerAs = (request: FakeRequest, scope: string, handler: (credential: FakeCredential) => FakeAnswer): FakeAnswer => {
    const credential = credentials.find(request.headers.authorization ?? '');
    if (!credential) return refusal(401, 'Token is invalid, expired, or not supported for this endpoint.');
    const answer = holds(credential, scope) ? handler(credential) : lacking(credential, scope);
    return { ...answer, headers: { ...headersOf(credential, scope), ...answer.headers } };
  };
  const route: RepositoryRoute = (method, pattern, scope, handler) =>
    server.route(method, `/2.0/repositories/:workspace/:repo${pattern}`, (request) =>
      answerAs(request, scope, (credential) => {
        const { workspace = '', repo = '' } = request.params;
        const repository = repositories.get(`${workspace}/${repo}`.toLowerCase());
        if (!repository || !sees(credential, repository)) return refusal(404, `Repository ${workspace}/${repo} not found`);
        if (method !== 'GET' && credential.role === 'read') return refusal(403, 'You do not have write access to this repository.');
        return handler(request, repository, credential);
      }),
    );

  server.route('POST', '/site/oauth2/access_token', (request) => issueToken(request, credentials));
  server.route('GET', '/2.0/user', (request) =>
    answerAs(request, 'account', ({ kind, nickname }) =>
      kind === 'access-token'
        ? refusal(403, 'This API is only accessible with the credentials of an account.')
        : { status: 200, body: bodies.account(nickname) },
    ),
  );
  server.route('GET', '/2.0/repositories/:workspace', (request) =>
    answerAs(request, 'repository', (credential) =>
      page(request, [...repositories.values()].filter((each) => listed(request, credential, each)).map(bodies.repository), server.origin),
    ),
  );
  // Of the web site, with the credentials of the API.
  server.route('GET', '/:workspace/:repo/get/:file', (request) =>
    answerAs(request, 'repository', (credential) => {
      const { workspace = '', repo = '', file = '' } = request.params;
      const repository = repositories.get(`${workspace}/${repo}`.toLowerCase());
      const commit = repository && sees(credential, repository) ? repository.git.resolve(file.replace(/\.tar\.gz$/, '')) : null;
      if (commit === null) return { status: 404, body: '<title>Not found</title>', headers: { 'content-type': 'text/html' } };
      const folder = `${workspace}-${repo}-${commit.sha.slice(0, 12)}`;
      return { status: 200, body: commitArchive(commit, folder), headers: { 'content-type': 'application/x-tar-gz' } };
    }),
  );
  const context = { route, origin: () => server.origin };
  for (const put of [gitRoutes, srcRoutes, pullRoutes, settingsRoutes]) put(context);

  const addRepository = (input: NewRepository) => {
    const repository = new FakeRepository(input, nextId, now);
    repositories.set(repository.fullName.toLowerCase(), repository);
    return repository;
  };
  return { ...server, baseUrl: `${server.origin}/2.0`, world: openWorld(addRepository, credentials) };
}

function openWorld(addRepository: BitbucketWorld['addRepository'], credentials: Credentials): BitbucketWorld {
  return {
    addRepository,
    addCredential(input) {
      const credential = { scopes: null, role: 'write' as const, sees: null, nickname: 'signalbox-bot', ...input };
      credentials.list.push(credential);
      return credential;
    },
    revokeTokens: () => credentials.revokeTokens(),
  };
}

function lacking({ scopes }: FakeCredential, scope: string): FakeAnswer {
  const message = 'Your credentials lack one or more required privilege scopes.';
  return refusal(403, message, { detail: { required: [scope], granted: scopes ?? [] } });
}

function headersOf({ kind, scopes }: FakeCredential, accepted: string): Record<string, string> {
  return {
    'x-accepted-oauth-scopes': accepted,
    'x-credential-type': { 'api-token': 'api_token', 'access-token': 'repo_access_token', 'oauth-consumer': 'oauth2' }[kind],
    ...(scopes === null ? {} : { 'x-oauth-scopes': scopes.join(', ') }),
    ...(kind === 'access-token' ? { 'x-ratelimit-limit': '1000', 'x-ratelimit-resource': 'api', 'x-ratelimit-nearlimit': 'false' } : {}),
  };
}

const sees = ({ sees: names }: FakeCredential, { fullName }: FakeRepository) => names === null || names.includes(fullName);

function listed(request: FakeRequest, credential: FakeCredential, each: FakeRepository): boolean {
  if (each.workspace !== request.params.workspace || !sees(credential, each)) return false;
  const uuid = /^uuid="(.+)"$/.exec(request.query.get('q') ?? '')?.[1];
  if (uuid !== undefined && uuid !== each.uuid) return false;
  return request.query.get('role') !== 'contributor' || credential.role === 'write';
}

/** Bitbucket's tokens of client credentials last for an hour or two. */
function issueToken(request: FakeRequest, credentials: Credentials): FakeAnswer {
  const grant = new URLSearchParams(request.rawBody.toString('utf8')).get('grant_type');
  if (grant !== 'client_credentials')
    return { status: 400, body: { error: 'unsupported_grant_type', error_description: 'Unsupported grant type' } };
  const token = credentials.issue(request.headers.authorization ?? '');
  if (token === null) return { status: 400, body: { error: 'unauthorized_client', error_description: 'Invalid OAuth client credentials' } };
  return {
    status: 200,
    body: { access_token: token, expires_in: 3_600, token_type: 'bearer', state: 'client_credentials', scopes: 'pullrequest:write' },
  };
}
