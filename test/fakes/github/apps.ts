import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { FakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { notFound, page, refusal } from './answers.ts';
import { type FakeRepository, seconds } from './repository.ts';
import { simpleUser } from './repository-bodies.ts';

const TOKEN_LASTS_MS = 3_600_000;
const LONGEST_JWT_S = 600;
const CLOCK_SKEW_S = 60;

export interface FakeInstallation {
  id: number;
  appId: number;
  slug: string;
  /** PEM. */
  publicKey: string;
  repositories: FakeRepository[];
  /** As the API names them, e.g. `contents: 'write'`. */
  permissions: Record<string, string>;
  suspendedAt: string | null;
}

interface IssuedToken {
  installation: FakeInstallation;
  expiresAt: number;
}

/** GitHub Apps: installations, the tokens they issue, and what those may. */
export class FakeApps {
  readonly installations: FakeInstallation[] = [];
  readonly tokens = new Map<string, IssuedToken>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** The installation whose live token this is. */
  holderOf(token: string): FakeInstallation | null {
    const issued = this.tokens.get(token);
    return issued && issued.expiresAt > this.#now().getTime() && issued.installation.suspendedAt === null ? issued.installation : null;
  }

  /** The id of the app whose valid JWT this is; `null` for anything else. */
  appOf(jwt: string): number | null {
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const claims = parse(payload);
    const app = this.installations.find((each) => String(each.appId) === String(claims.iss));
    if (!app || parse(header).alg !== 'RS256') return null;
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify('sha256', signed, createPublicKey(app.publicKey), Buffer.from(signature, 'base64url'))) return null;
    const [now, issued, expires] = [this.#now().getTime() / 1000, Number(claims.iat), Number(claims.exp)];
    const isTimely = issued <= now && expires > now && expires - now <= LONGEST_JWT_S && expires - issued <= LONGEST_JWT_S + CLOCK_SKEW_S;
    return isTimely ? app.appId : null;
  }

  issue(installation: FakeInstallation): { token: string; expires_at: string } {
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expiresAt = this.#now().getTime() + TOKEN_LASTS_MS;
    this.tokens.set(token, { installation, expiresAt });
    return { token, expires_at: seconds(new Date(expiresAt)) };
  }
}

/** The permission a repository's call takes, by the first segments of its path below the repository. */
const permissionOf: [RegExp, string][] = [
  [/^\/hooks/, 'repository_hooks'],
  [/^\/actions/, 'actions'],
  [/^\/pulls\/\d+\/merge$/, 'contents'],
  [/^\/(pulls|commits\/[^/]+\/pulls)/, 'pull_requests'],
  [/^\/branches\/[^/]+\/protection/, 'administration'],
  [/^\/(git|merges|releases|contents|commits|compare|branches|tarball)/, 'contents'],
];

/** `null` where the installation may. */
export function appRefusal(installation: FakeInstallation, request: FakeRequest, path: string): FakeAnswer | null {
  const permission = permissionOf.find(([pattern]) => pattern.test(path))?.[1];
  if (permission === undefined) return null;
  const granted = installation.permissions[permission];
  const isGranted = request.method === 'GET' ? granted !== undefined : granted === 'write';
  return isGranted ? null : refusal(403, 'Resource not accessible by integration');
}

interface RouteContext {
  server: FakeServer;
  apps: FakeApps;
  tokenOf: (request: FakeRequest) => string;
  fullRepository: (repository: FakeRepository) => unknown;
}

export function appRoutes({ server, apps, tokenOf, fullRepository }: RouteContext): void {
  const asApp =
    (find: (request: FakeRequest) => FakeInstallation | undefined, answer: (installation: FakeInstallation) => FakeAnswer) =>
    (request: FakeRequest): FakeAnswer => {
      const appId = apps.appOf(tokenOf(request));
      if (appId === null) return refusal(401, 'A JSON web token could not be decoded');
      const installation = find(request);
      return installation?.appId === appId ? answer(installation) : notFound();
    };
  const byId = (request: FakeRequest) => apps.installations.find((each) => String(each.id) === request.params.installation);
  const byRepository = (request: FakeRequest) => {
    const name = `${request.params.owner}/${request.params.repo}`.toLowerCase();
    return apps.installations.find((each) => each.repositories.some((repository) => repository.fullName.toLowerCase() === name));
  };
  const shown = (installation: FakeInstallation) => ({ status: 200, body: installationBody(installation) });

  server.route('GET', '/app/installations/:installation', asApp(byId, shown));
  server.route('GET', '/repos/:owner/:repo/installation', asApp(byRepository, shown));
  server.route(
    'POST',
    '/app/installations/:installation/access_tokens',
    asApp(byId, (installation) =>
      installation.suspendedAt === null
        ? {
            status: 201,
            body: { ...apps.issue(installation), permissions: installation.permissions, repository_selection: 'selected' },
          }
        : refusal(403, 'This installation has been suspended'),
    ),
  );
  server.route('GET', '/installation/repositories', (request) => {
    const installation = apps.holderOf(tokenOf(request));
    if (!installation) return refusal(403, 'You must authenticate with an installation access token in order to list repositories.');
    return listed(request, installation.repositories.map(fullRepository), server.origin);
  });
}

function listed(request: FakeRequest, all: unknown[], origin: string): FakeAnswer {
  const found = page(request, all, origin);
  return { status: 200, headers: found.headers, body: { total_count: found.total, repositories: found.items } };
}

function installationBody(from: FakeInstallation) {
  const url = `https://api.github.com/app/installations/${from.id}`;
  const owner = from.repositories[0]?.owner ?? 'acme';
  const time = '2026-01-01T00:00:00Z';
  return {
    id: from.id,
    account: simpleUser(owner),
    repository_selection: 'selected',
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: 'https://api.github.com/installation/repositories',
    html_url: `https://github.com/organizations/${owner}/settings/installations/${from.id}`,
    app_id: from.appId,
    app_slug: from.slug,
    target_id: 1,
    target_type: 'Organization',
    permissions: from.permissions,
    events: [],
    created_at: time,
    updated_at: time,
    single_file_name: null,
    suspended_by: from.suspendedAt === null ? null : simpleUser('admin'),
    suspended_at: from.suspendedAt,
  };
}

function parse(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
