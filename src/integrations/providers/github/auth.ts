import { createHash, sign } from 'node:crypto';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { ShortLivedToken } from '../../kit/token-cache.ts';
import { type Ask, asker, type GithubAuth } from './ask.ts';
import { GithubRefusal } from './github-error.ts';
import { type AppCredentials, type GithubConnection, PROVIDER, pemOf } from './identity.ts';
import { installationSchema, installationTokenSchema } from './schema.ts';

/** GitHub accepts ten minutes at most; its clock may be behind ours, so the token begins a minute ago. */
const JWT_BACKDATED_S = 60;
const JWT_LASTS_S = 540;

export function githubAuth(connection: GithubConnection, deps: AdapterDeps): GithubAuth {
  const { credentials } = connection;
  if (!('kind' in credentials)) return { bearer: async () => credentials.token.reveal(), refused: () => undefined };
  const key = cacheKey(connection, credentials);
  return {
    bearer: () => deps.tokens.get(key, () => obtainToken(connection, credentials, deps).catch(noToken)),
    refused: () => deps.tokens.forget(key),
  };
}

/** The installation that serves this connection, asked for as the app itself. */
export async function readInstallation(connection: GithubConnection, credentials: AppCredentials, deps: AdapterDeps) {
  const ask = askAsApp(connection, credentials, deps);
  const { owner, repo } = connection.settings;
  const { installationId } = credentials;
  const answer = installationId
    ? ask('read the installation', 'GET /app/installations/{installation_id}', { installation_id: installationId }, installationSchema)
    : ask(`find the installation on ${owner}/${repo}`, 'GET /repos/{owner}/{repo}/installation', {}, installationSchema);
  return (await answer).data;
}

async function obtainToken(connection: GithubConnection, credentials: AppCredentials, deps: AdapterDeps): Promise<ShortLivedToken> {
  const ask = askAsApp(connection, credentials, deps);
  const id = credentials.installationId ?? (await readInstallation(connection, credentials, deps)).id;
  const { data } = await ask(
    'obtain an installation token',
    'POST /app/installations/{installation_id}/access_tokens',
    { installation_id: id },
    installationTokenSchema,
  );
  return { value: data.token, expiresAt: new Date(data.expires_at) };
}

/** Told apart from refusals of the call itself: "no such installation" must not read as "no such branch". */
function noToken(error: unknown): never {
  if (!(error instanceof GithubRefusal)) throw error;
  const { kind, message, status, retryAfterMs } = error;
  throw new ProviderError(kind === 'not-found' ? 'forbidden' : kind, `${message} (the app gets no token)`, {
    provider: PROVIDER,
    status,
    retryAfterMs,
  });
}

function askAsApp(connection: GithubConnection, credentials: AppCredentials, deps: AdapterDeps): Ask {
  return asker(connection, deps, { bearer: async () => appJwt(credentials, deps.now()), refused: () => undefined });
}

/** "Generating a JSON Web Token (JWT) for a GitHub App": RS256, issued by the app's id. */
function appJwt({ appId, privateKey }: AppCredentials, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iat: seconds - JWT_BACKDATED_S, exp: seconds + JWT_LASTS_S, iss: appId };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), pemOf(privateKey)).toString('base64url')}`;
}

/** Everything the token depends on: changed credentials, or another repository, must not find the former token. */
function cacheKey({ id, baseUrl, settings }: GithubConnection, { appId, installationId, privateKey }: AppCredentials): string {
  const parts = [baseUrl, settings.owner, settings.repo, appId, installationId ?? '', privateKey.reveal()];
  return `${id}:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}
