import { type CallMatch, type FakeAnswer, type FakeRequest, type FakeServer, type Fault, startFakeServer } from '../fake-server.ts';
import { fileMethods, receiveFile } from './file-methods.ts';
import { type Arguments, conversationMethods } from './methods.ts';
import { peopleMethods } from './people-methods.ts';
import { Refusal } from './refusal.ts';
import { FakeWorkspace } from './workspace.ts';

export { buttons, links, mentions, readable, unescaped } from './block-rules.ts';
export { press, pressRequest } from './press.ts';
export type { FakeChannel, FakeFile, FakeMessage, FakePerson, FakeWorkspace } from './workspace.ts';

interface SlackFakeOptions {
  /** 0 or absent: a free one. */
  port?: number;
  host?: string;
  /** Largest page whatever `limit` says; 1000 when absent. */
  maxPageSize?: number;
  now?: () => Date;
}

interface NewWorkspace {
  token: string;
  name?: string;
  scopes?: readonly string[];
}

export interface SlackFake {
  readonly origin: string;
  /** What a connection names as its base URL. */
  readonly baseUrl: string;
  readonly calls: FakeServer['calls'];
  addWorkspace(workspace: NewWorkspace): FakeWorkspace;
  /** The next `calls` calls pass, all later ones get 429 until this is called again without arguments. */
  limitRate(limit?: { calls: number; retryAfterSeconds: number }): void;
  failNext(fault: Fault): void;
  clearFaults(): void;
  close(): Promise<void>;
}

export const allScopes = [
  ...['chat:write', 'channels:read', 'channels:history', 'groups:read', 'groups:history'],
  ...['users:read', 'users:read.email', 'im:write', 'im:history', 'files:write', 'files:read'],
];

const methods = { ...conversationMethods, ...peopleMethods, ...fileMethods };

/** A stateful Slack: workspaces by token, channels, messages and their edits, people, files, buttons, pages, scopes, rate limits. */
export async function createSlackFake({
  maxPageSize = 1000,
  now = () => new Date(),
  ...listen
}: SlackFakeOptions = {}): Promise<SlackFake> {
  const workspaces = new Map<string, FakeWorkspace>();
  let limit: { calls: number; retryAfterSeconds: number } | undefined;

  const server = await startFakeServer({
    ...listen,
    before: rateLimited,
    notFound: { status: 404, body: { ok: false, error: 'not_found' } },
  });
  server.route('POST', '/api/:method', answer);
  server.route('GET', '/api/:method', answer);
  server.route('POST', '/upload/v1/:ticket', (request) => receiveFile(workspaces.values(), request));

  function rateLimited(): FakeAnswer | undefined {
    if (limit === undefined) return undefined;
    if (limit.calls > 0) {
      limit.calls -= 1;
      return undefined;
    }
    return { status: 429, headers: { 'retry-after': String(limit.retryAfterSeconds) }, body: { ok: false, error: 'ratelimited' } };
  }

  function answer(request: FakeRequest): FakeAnswer {
    const method = methods[request.params.method ?? ''];
    try {
      if (!method) throw new Refusal('unknown_method');
      const workspace = authenticate(request);
      const body = { ok: true, ...method({ workspace, args: argumentsOf(request), maxPageSize, origin: server.origin }) };
      return { status: 200, body, headers: { 'x-oauth-scopes': workspace.scopes.join(',') } };
    } catch (error) {
      if (error instanceof Refusal) return { status: 200, body: error.body };
      throw error;
    }
  }

  function authenticate(request: FakeRequest): FakeWorkspace {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Refusal('not_authed');
    const workspace = workspaces.get(token);
    if (!workspace) throw new Refusal('invalid_auth');
    if (workspace.tokenTrouble !== null) throw new Refusal(workspace.tokenTrouble);
    return workspace;
  }

  return {
    origin: server.origin,
    baseUrl: `${server.origin}/api`,
    calls: server.calls,
    addWorkspace({ token, name = 'Acme', scopes = allScopes }) {
      const workspace = new FakeWorkspace({ token, name, scopes, now });
      workspaces.set(token, workspace);
      return workspace;
    },
    limitRate(next) {
      limit = next === undefined ? undefined : { ...next };
    },
    failNext: server.failNext,
    clearFaults: server.clearFaults,
    close: server.close,
  };
}

/** Matches calls of one method in `failNext`. */
export function callsOf(method: string): CallMatch {
  return { path: `/api/${method}` };
}

function argumentsOf(request: FakeRequest): Arguments {
  const fields = typeof request.body === 'object' && request.body !== null ? Object.entries(request.body) : [];
  const fromBody = fields.map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
  return { ...Object.fromEntries(request.query), ...Object.fromEntries(fromBody) };
}
