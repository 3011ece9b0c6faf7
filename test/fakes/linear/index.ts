import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import { DocumentError, parseDocument, select } from './document.ts';
import { mutationRoot } from './mutations.ts';
import { queryRoot } from './queries.ts';
import { invalidDocument, keyAsBearer, LinearRefusal, notAuthenticated } from './refusal.ts';
import { createLinearWorld, type LinearUser, type LinearWorld } from './world.ts';

export type { LinearTeam, LinearUser, LinearWorkspace, LinearWorld } from './world.ts';

export interface LinearFake extends FakeServer {
  /** Seeds and moves things as people and other programs would. */
  readonly world: LinearWorld;
}

const HOURLY_REQUESTS = 2_500;

/** A stateful Linear: GraphQL at `/graphql` over workspaces that know nothing of each other. An answer has what the query selects, no more. */
export async function createLinearFake(options: { port?: number; now?: () => number } = {}): Promise<LinearFake> {
  const world = createLinearWorld();
  const now = options.now ?? Date.now;
  let used = 0;
  const server = await startFakeServer({
    port: options.port ?? 0,
    headers: () => ({
      'x-ratelimit-requests-limit': String(HOURLY_REQUESTS),
      'x-ratelimit-requests-remaining': String(Math.max(0, HOURLY_REQUESTS - used)),
      'x-ratelimit-requests-reset': String(now() + 3_600_000),
    }),
    notFound: { status: 404, body: 'Not Found', headers: { 'content-type': 'text/plain' } },
  });
  server.route('POST', '/graphql', (request) => {
    used += 1;
    return answer(world, request);
  });
  return { ...server, world };
}

function answer(world: LinearWorld, request: FakeRequest): FakeAnswer {
  try {
    const viewer = authenticate(world, request);
    const { query, variables } = (request.body ?? {}) as { query?: unknown; variables?: Record<string, unknown> };
    if (typeof query !== 'string') throw invalidDocument('GraphQL operations must contain a non-empty `query`.');
    const { kind, fields } = parseDocument(query);
    const root = kind === 'query' ? queryRoot(world, viewer) : mutationRoot(world, viewer);
    return { status: 200, body: { data: select(root, fields, variables ?? {}) } };
  } catch (error) {
    if (error instanceof LinearRefusal) return error.answer;
    if (error instanceof DocumentError) return invalidDocument(error.message).answer;
    throw error;
  }
}

function authenticate(world: LinearWorld, request: FakeRequest): LinearUser {
  const header = request.headers.authorization ?? '';
  const bearer = /^Bearer (.+)$/.exec(header)?.[1];
  if (bearer?.startsWith('lin_api_')) throw keyAsBearer();
  const kind = bearer === undefined ? 'api-key' : 'oauth';
  const viewer = world.users.find(({ token, active }) => active && token?.kind === kind && token.value === (bearer ?? header));
  if (!viewer) throw notAuthenticated();
  return viewer;
}
