import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { readRateLimit } from '../../kit/rate-limit.ts';
import { type BitbucketClient, bitbucketClient } from './client.ts';
import type { BitbucketConnection } from './identity.ts';
import { repositorySchema } from './schema.ts';
import { missingScopes } from './scopes.ts';

/** Asks what a release would need: the account, the repository, the scopes, the right to push. */
export async function verifyBitbucket(connection: BitbucketConnection, deps: AdapterDeps): Promise<Verification> {
  const client = bitbucketClient(connection, deps);
  const { workspace, repo } = connection.settings;
  const where = `${workspace}/${repo}`;

  const repository = await asked(client.repositoryAnswer());
  if (repository.refusal) return { ok: false, problems: [repositoryProblem(repository.refusal, where, connection)] };
  const { response, isJson, json } = repository.answer;
  const read = repositorySchema.safeParse(json);
  if (!response.ok || !isJson || !read.success) return { ok: false, problems: [NOT_THE_API] };

  const account = connection.credentials.kind === 'access-token' ? null : await asked(client.user());
  const problems = missingScopes(response.headers.get('x-oauth-scopes')).map(
    (scope) => `The credential lacks the scope ${scope}: create one that has it and save it in this connection.`,
  );
  // Scopes are all that an access token or a consumer is limited by; a person's token is also limited by what the person may do.
  if (connection.credentials.kind === 'api-token') {
    if (account?.refusal) problems.push(`The account cannot be read: give the token the scope read:user:bitbucket.`);
    if (!(await mayWrite(client, read.data.uuid))) {
      problems.push(`The account may not push to ${where}: give it write permission in the repository.`);
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const limit = readRateLimit(response.headers, deps.now());
  return {
    ok: true,
    account: account?.answer?.display_name ?? account?.answer?.nickname ?? nameless(response.headers.get('x-credential-type'), where),
    expiresAt: null,
    rateLimit: limit && { ...limit, resetsAt: limit.resetsAt?.toISOString() ?? null },
  };
}

const NOT_THE_API = 'The base URL does not answer like the API of Bitbucket Cloud (https://api.bitbucket.org/2.0).';

type Asked<T> = { answer: T; refusal: null } | { answer: null; refusal: ProviderError };

/** A refusal is an answer to our question; only when Bitbucket could not be asked does the error go on. */
async function asked<T>(call: Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await call, refusal: null };
  } catch (error) {
    const couldNotAsk = ['timeout', 'unavailable', 'rate-limited'];
    if (error instanceof ProviderError && !couldNotAsk.includes(error.kind)) return { answer: null, refusal: error };
    throw error;
  }
}

function repositoryProblem(refusal: ProviderError, where: string, { credentials }: BitbucketConnection): string {
  switch (refusal.kind) {
    case 'unauthorized':
      return {
        'api-token': 'The e-mail address and API token do not fit each other, or the token has expired: create a new one and save both.',
        'access-token': 'The access token is not valid or has expired: create a new one and save it in this connection.',
        'oauth-consumer':
          'Bitbucket knows no private OAuth consumer with this key and secret: check both, and that the consumer is marked as private.',
      }[credentials.kind];
    case 'not-found':
      return `The credential cannot see the repository ${where}: check workspace and slug, and give it access to this repository.`;
    case 'forbidden':
      return `Bitbucket does not let the credential use the repository ${where}: ${refusal.message}`;
    default:
      return `${NOT_THE_API} ${refusal.message}`;
  }
}

/** By role, in the workspace: the endpoints that told a user's permissions across workspaces are gone. */
async function mayWrite(client: BitbucketClient, uuid: string): Promise<boolean> {
  const query = new URLSearchParams({ role: 'contributor', q: `uuid="${uuid}"` });
  for await (const repository of client.repositories(`&${query}`)) if (repository.uuid === uuid) return true;
  return false;
}

/** What people call a credential that belongs to no account: `repo_access_token` and the like. */
function nameless(credentialType: string | null, where: string): string {
  const kind = credentialType?.replaceAll('_', ' ').replace(/^repo\b/, 'repository') ?? 'access token';
  return `${kind} for ${where}`;
}
