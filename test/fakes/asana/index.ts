import { randomBytes } from 'node:crypto';
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import { attachmentRoutes } from './attachment-routes.ts';
import { refusal } from './bodies.ts';
import { type Handshake, hookRoutes } from './hook-routes.ts';
import { projectRoutes, workspaceRoutes } from './project-routes.ts';
import type { Route } from './site.ts';
import { taskRoutes } from './task-routes.ts';
import { type AsanaWorld, createAsanaWorld } from './world.ts';

export type { AsanaAccount, AsanaNamed, AsanaProject, AsanaWorld } from './world.ts';

const API = '/api/1.0';

export interface AsanaFake extends FakeServer {
  /** Where the API begins: the base URL of a connection. */
  readonly baseUrl: string;
  /** Seeds and moves things as people and other programs would. */
  readonly world: AsanaWorld;
  /** No access token that was handed out is good any more. */
  revokeAccessTokens(): void;
}

/**
 * A stateful Asana. Accounts see the workspaces they are members of, so several tenants share one.
 * @param options.handshake calls the address of a new webhook over HTTP when absent
 */
export async function createAsanaFake(options: { port?: number; handshake?: Handshake } = {}): Promise<AsanaFake> {
  const world = createAsanaWorld();
  const granted = new Map<string, string>();
  const server = await startFakeServer({
    port: options.port ?? 0,
    notFound: refusal(404, 'No matching route for request'),
  });
  const route: Route = (method, path, handler) =>
    server.route(method, `${API}${path}`, (request) => {
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const account = world.accounts.find(({ token, oauth }) => token === (oauth ? granted.get(bearer) : bearer));
      return account ? handler(account, request) : refusal(401, 'Not Authorized');
    });
  server.route('POST', '/-/oauth_token', (request) => grant(world, granted, request));
  taskRoutes(world, route);
  projectRoutes(world, route);
  workspaceRoutes(world, route);
  attachmentRoutes(world, route);
  hookRoutes(world, route, options.handshake ?? askAddress);
  return { ...server, baseUrl: `${server.origin}${API}`, world, revokeAccessTokens: () => granted.clear() };
}

function grant(world: AsanaWorld, granted: Map<string, string>, request: FakeRequest): FakeAnswer {
  const form = request.body as Record<string, string>;
  const { grant_type, client_id, client_secret, refresh_token } = form;
  const refused = (error: string, error_description: string) => ({ status: 400, body: { error, error_description } });
  if (grant_type !== 'refresh_token') return refused('unsupported_grant_type', 'The grant type is not supported.');
  const account = world.accounts.find(({ oauth }) => oauth?.clientId === client_id && oauth?.clientSecret === client_secret);
  if (!account) return refused('invalid_client', 'The client is not known.');
  if (account.oauth?.refreshToken !== refresh_token) return refused('invalid_grant', 'The refresh token is not valid.');
  const token = `access-${randomBytes(16).toString('hex')}`;
  granted.set(token, account.token);
  const data = { gid: account.gid, name: account.name, email: account.email };
  return { status: 200, body: { access_token: token, token_type: 'bearer', expires_in: 3600, data } };
}

const askAddress: Handshake = async (target, secret) => {
  const answer = await fetch(target, { method: 'POST', headers: { 'x-hook-secret': secret }, body: '{}' }).catch(() => null);
  return answer !== null && (answer.status === 200 || answer.status === 204) && answer.headers.get('x-hook-secret') === secret;
};
