import type { AdapterDeps, Connection, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { checkmateClient } from './client.ts';
import type { CheckmateCredentials, CheckmateSettings } from './credentials.ts';

export async function verifyCheckmate(
  connection: Connection<CheckmateCredentials, CheckmateSettings>,
  deps: AdapterDeps,
): Promise<Verification> {
  const client = checkmateClient(connection, deps);
  try {
    const user = await client.user();
    const role = user.role ?? user.userType;
    const orgId = connection.settings.orgId ?? (await client.organisations())[0]?.orgId;
    if (orgId === undefined) return { ok: false, problems: ['The server has no organisation: create one in Checkmate.'] };
    const projects = await client.projects(orgId, { page: 1, pageSize: 1 });
    const problems: string[] = [];
    if (role === 'reader') {
      problems.push(
        `The user "${user.userName}" has the role "reader", which may not create runs: have an administrator give it the role "user".`,
      );
    }
    if (projects.length === 0)
      problems.push(`Organisation ${orgId} has no active project: create one in Checkmate, or name another organisation.`);
    return problems.length > 0 ? { ok: false, problems } : { ok: true, account: user.userName, expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return `Checkmate does not accept the token (${error.message}). Generate a new one in the user settings of Checkmate.`;
    case 'forbidden':
      return `The role of the token's user may not read projects (${error.message}). Have an administrator give it the role "user".`;
    case 'not-found':
    case 'malformed':
      return `What answers at the base URL is not Checkmate's API (${error.message}). Give the address of the server without any path.`;
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
