import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { mondayClient } from './client.ts';
import { columnFor, type RoleName, roles } from './columns.ts';
import type { MondayConnection, MondaySettings } from './identity.ts';
import type { Board } from './schema.ts';

/** monday tells no rights of a token beforehand; what can be asked is whose it is and what it sees of the board. */
export async function verifyMonday(connection: MondayConnection, deps: AdapterDeps): Promise<Verification> {
  const client = mondayClient(connection, deps);
  const { settings } = connection;
  try {
    const { me } = await client.me();
    if (me === null) return { ok: false, problems: ['monday does not say whose the API token is. Create a new one and enter it.'] };
    const board = settings.boardId === undefined ? undefined : await client.board(settings.boardId);
    const problems = board === undefined ? [] : problemsOf(board, settings);
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, account: me.name, expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

function problemsOf(board: Board | null, settings: MondaySettings): string[] {
  if (board === null) {
    const who = `Board ${settings.boardId} does not exist or the account cannot see it`;
    return [`${who}: check the number in the board's address, and invite the account to the board.`];
  }
  const where = `board "${board.name}" (${board.id})`;
  const problems = (Object.keys(roles) as RoleName[]).flatMap((role) => columnProblem(role, board, settings));
  if (board.access_level === 'view') problems.push(`The account may only view ${where}: give it the right to edit.`);
  if (problems.length === 0 && columnFor('status', board.columns, settings) === null) {
    problems.push(`There is no status column on ${where}: add one, or name one in the setting statusColumn.`);
  }
  return problems;
}

function columnProblem(role: RoleName, board: Board, settings: MondaySettings): string[] {
  try {
    columnFor(role, board.columns, settings);
    return [];
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return [`${error.message}. Correct the setting, or add the column to board "${board.name}".`];
  }
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return `monday does not accept the API token (${error.message}). Copy the present one from Developers → API token of the account; where the account restricts addresses, allow this server's.`;
    case 'forbidden':
      return `monday refuses the account: ${error.message}. It must be active, no viewer, and have a confirmed e-mail address; the token of an app needs the scopes me:read, boards:read, boards:write, updates:read, updates:write, users:read and tags:read.`;
    case 'not-found':
    case 'malformed':
      return `What answers at the base URL is not monday's API (${error.message}). The base URL is https://api.monday.com.`;
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
