import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { linearClient } from './client.ts';
import type { LinearConnection } from './identity.ts';

/** Linear does not tell what a key may do: one that may only read shows at the first write. */
export async function verifyLinear(connection: LinearConnection, deps: AdapterDeps): Promise<Verification> {
  const client = linearClient(connection, deps);
  try {
    const { data, headers } = await client.whoAmI();
    const problem = await teamProblem(client, connection.settings.team);
    if (problem !== null) return { ok: false, problems: [problem] };
    return { ok: true, account: `${data.viewer.name} (${data.organization.name})`, expiresAt: null, rateLimit: rateLimitOf(headers) };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error, connection) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

async function teamProblem(client: ReturnType<typeof linearClient>, key: string | undefined): Promise<string | null> {
  if (key !== undefined) {
    if ((await client.team(key)) !== null) return null;
    return `There is no team ${key}, or the account cannot see it: give the key that stands before the number of its issues, add the account to a private team, and allow the API key to access the team.`;
  }
  for await (const _team of client.teams()) return null;
  return 'The account sees no team: add it to the teams of your releases, and allow the API key to access them.';
}

/** Under names of Linear's own; the reset is in milliseconds. */
function rateLimitOf(headers: Headers): { limit: number; remaining: number; resetsAt: string | null } | null {
  const number = (name: string) => {
    const value = headers.get(`x-ratelimit-requests-${name}`)?.trim();
    return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
  };
  const [limit, remaining, reset] = [number('limit'), number('remaining'), number('reset')];
  if (limit === null || remaining === null) return null;
  return { limit, remaining, resetsAt: reset === null ? null : new Date(reset).toISOString() };
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError, { credentials }: LinearConnection): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return 'apiKey' in credentials
        ? `Linear does not accept the API key (${error.message}). Create a new one under Settings → Security & access; a token of an OAuth application belongs into the other form.`
        : `Linear does not accept the access token (${error.message}). It may have expired: those of OAuth applications last a day. A personal API key belongs into the other form.`;
    case 'forbidden':
      return `Linear refuses the account: ${error.message}. It needs the permissions Read and Write (OAuth: the scopes read and write).`;
    case 'not-found':
      return `There is no Linear API at the base URL (${error.message}). It is https://api.linear.app, unless a proxy of yours stands before it.`;
    case 'malformed':
      return `What answers at the base URL is not Linear's API (${error.message}). It is https://api.linear.app, unless a proxy of yours stands before it.`;
    case 'invalid':
    case 'conflict':
      return error.message;
    case 'rate-limited':
    case 'timeout':
    case 'unavailable':
      return null;
    default:
      return error.kind satisfies never;
  }
}
