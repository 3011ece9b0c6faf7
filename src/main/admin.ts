import { parseArgs } from 'node:util';
import { type Database, errnoOf, openDatabase } from '../db/client.ts';
import { type Permission, permissions, type Role, roles } from '../domain/access/permissions.ts';
import { ConfigError, parsePart } from '../platform/config.ts';
import { createKeyring } from '../platform/crypto.ts';
import {
  addOperatorMember,
  createOperatorToken,
  createTenant,
  listOperatorTokens,
  listTenants,
  revokeOperatorToken,
  uselessScopes,
} from '../services/access/operator.ts';
import { addOperator, listOperators, removeOperator } from '../services/access/operators.ts';
import { rotateKeys } from '../services/connections/rotate-keys.ts';
import { ServiceError } from '../services/service-error.ts';

/*
 * `npm run -s admin -- <what> <verb> [options]`: administration without a first token, on the machine itself. Results on standard output,
 * trouble on standard error. Exit codes: 0 done, 1 not done, 2 asked wrongly.
 */

const HELP = `Usage: npm run -s admin -- <command> [options]

  tenant create --name NAME             make a tenant
  tenant list                           all tenants
  token create --tenant ID --role ROLE  make an API token and show it once
      [--name NAME] [--expires-in 90d] [--scopes a,b] [--account ID]
      Without --account it belongs to a new service account with that role.
  token list --tenant ID                its tokens, never the tokens themselves
  token revoke --id TOKEN_ID            holds at once in every process
  member add --tenant ID --role ROLE --name NAME [--email ADDRESS]
      Adds a member, or changes the role of one there is; without --email a service account.
  operator add --name NAME              add who runs the installation; shows a token for the queue board once
      [--expires-in 90d]
  operator list                         all operators, never their tokens
  operator remove --id OPERATOR_ID      holds at once in every process
  keys rotate                           seal every secret again with the newest key of SIGNALBOX_KEYS

  --json   one line of JSON instead of text
  --help   this text

Roles: ${roles.join(', ')}
Scopes: ${permissions.join(', ')}
Environment: DATABASE_URL; keys rotate needs SIGNALBOX_KEYS, too.
`;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Values = Record<string, string | undefined>;

interface Result {
  json: unknown;
  text: string;
  /** Some of it could not be done. */
  failed?: boolean;
}

interface Command {
  options: readonly string[];
  required: readonly string[];
  run(db: Database, values: Values): Promise<Result>;
}

const commands: Record<string, Command> = {
  'tenant create': {
    options: ['name'],
    required: ['name'],
    async run(db, values) {
      const tenant = await createTenant(db, name(values.name, 'name'));
      return { json: tenant, text: `Tenant ${tenant.name}: ${tenant.tenantId}` };
    },
  },
  'tenant list': {
    options: [],
    required: [],
    async run(db) {
      const tenants = await listTenants(db);
      return { json: tenants, text: tenants.map((tenant) => `${tenant.id}  ${tenant.name}`).join('\n') || 'There is no tenant yet.' };
    },
  },
  'token create': {
    options: ['tenant', 'role', 'name', 'expires-in', 'scopes', 'account'],
    required: ['tenant', 'role'],
    async run(db, values) {
      const role = roleOf(values.role);
      const scopes = scopesOf(values.scopes, role);
      const expiresAt = values['expires-in'] === undefined ? null : new Date(Date.now() + durationMs(values['expires-in']));
      const { view, token } = await createOperatorToken(db, {
        tenantId: values.tenant ?? '',
        name: name(values.name ?? `${role} (command line)`, 'name'),
        role,
        scopes,
        expiresAt,
        accountId: values.account,
      });
      const { id: tokenId, accountId } = view;
      return {
        json: { token: token.reveal(), tokenId, tenantId: values.tenant, accountId, role, scopes, expiresAt: view.expiresAt },
        text: `${token.reveal()}\n\nToken ${tokenId} of account ${accountId}, role ${role}, ${view.expiresAt === null ? 'without expiry' : `until ${view.expiresAt}`}. It is not shown again.`,
      };
    },
  },
  'token list': {
    options: ['tenant'],
    required: ['tenant'],
    async run(db, values) {
      const tokens = await listOperatorTokens(db, values.tenant ?? '');
      const lines = tokens.map((token) => {
        const state = token.revokedAt === null ? `expires ${token.expiresAt ?? 'never'}` : `revoked ${token.revokedAt}`;
        return `${token.id}  ${token.role.padEnd(16)}${state}, last used ${token.lastUsedAt ?? 'never'}  ${token.name}`;
      });
      return { json: tokens, text: lines.join('\n') || 'The tenant has no tokens.' };
    },
  },
  'token revoke': {
    options: ['id'],
    required: ['id'],
    async run(db, values) {
      await revokeOperatorToken(db, values.id ?? '');
      return { json: { tokenId: values.id, revoked: true }, text: `Token ${values.id} is revoked.` };
    },
  },
  'member add': {
    options: ['tenant', 'role', 'name', 'email'],
    required: ['tenant', 'role', 'name'],
    async run(db, values) {
      const member = await addOperatorMember(db, {
        tenantId: values.tenant ?? '',
        email: emailOf(values.email),
        displayName: name(values.name, 'name'),
        role: roleOf(values.role),
      });
      return { json: member, text: `${member.displayName} is ${member.role}: account ${member.accountId}` };
    },
  },
  'operator add': {
    options: ['name', 'expires-in'],
    required: ['name'],
    async run(db, values) {
      const expiresAt = values['expires-in'] === undefined ? null : new Date(Date.now() + durationMs(values['expires-in']));
      const { id: operatorId, token } = await addOperator(db, { name: name(values.name, 'name'), expiresAt });
      const until = expiresAt === null ? 'without expiry' : `until ${expiresAt.toISOString()}`;
      return {
        json: { operatorId, token: token.reveal(), expiresAt },
        text: `${token.reveal()}\n\nToken of operator ${operatorId}, ${until}. It is not shown again.`,
      };
    },
  },
  'operator list': {
    options: [],
    required: [],
    async run(db) {
      const operators = await listOperators(db);
      const lines = operators.map(({ id, name: who, expiresAt, removedAt }) => {
        const state = removedAt === null ? `expires ${expiresAt?.toISOString() ?? 'never'}` : `removed ${removedAt.toISOString()}`;
        return `${id}  ${state}  ${who}`;
      });
      return { json: operators, text: lines.join('\n') || 'There is no operator yet.' };
    },
  },
  'operator remove': {
    options: ['id'],
    required: ['id'],
    async run(db, values) {
      await removeOperator(db, values.id ?? '');
      return { json: { operatorId: values.id, removed: true }, text: `Operator ${values.id} is removed.` };
    },
  },
  'keys rotate': {
    options: [],
    required: [],
    async run(db) {
      const { signalboxKeys } = parsePart(process.env, ['SIGNALBOX_KEYS']);
      const rotation = await rotateKeys({ db, keyring: createKeyring(signalboxKeys) });
      const lines = [
        `${rotation.resealed} sealed again, ${rotation.current} were current.`,
        ...rotation.unopenable.map(({ table, id, reason }) => `${table} ${id}: ${reason}`),
      ];
      return { json: rotation, text: lines.join('\n'), failed: rotation.unopenable.length > 0 };
    },
  },
};

function name(text: string | undefined, option: string): string {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '' || trimmed.length > 200) throw new UsageError(`--${option} must have 1 to 200 characters`);
  return trimmed;
}

function roleOf(text: string | undefined): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new UsageError(`--role must be one of ${roles.join(', ')}`);
  return role;
}

function scopesOf(text: string | undefined, role: Role): Permission[] {
  const scopes = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const known = scopes.filter((scope): scope is Permission => (permissions as readonly string[]).includes(scope));
  const wrong = [...scopes.filter((scope) => !(known as string[]).includes(scope)), ...uselessScopes(role, known)];
  if (wrong.length > 0) throw new UsageError(`--scopes: ${role} has no ${wrong.join(', ')}`);
  return known;
}

function emailOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const email = text.trim().toLowerCase();
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 320) throw new UsageError('--email must be an e-mail address');
  return email;
}

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const match = /^([1-9]\d{0,4})([mhd])$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw new UsageError('--expires-in must be a number of minutes, hours or days: 30m, 12h, 90d');
  return Number(match[1]) * unit;
}

function read(argv: readonly string[]): { command: Command; values: Values; json: boolean } {
  const words = argv.slice(0, 2).join(' ');
  const command = Object.hasOwn(commands, words) ? commands[words] : undefined;
  if (command === undefined) throw new UsageError(argv.length === 0 ? 'say what to do' : `there is no command "${words}"`);
  const options = Object.fromEntries(command.options.map((option) => [option, { type: 'string' as const }]));
  let values: Values & { json?: boolean };
  try {
    values = parseArgs({ args: argv.slice(2), options: { ...options, json: { type: 'boolean' } }, strict: true }).values as typeof values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options cannot be read');
  }
  const missing = command.required.filter((option) => values[option] === undefined);
  if (missing.length > 0) throw new UsageError(`needs ${missing.map((option) => `--${option}`).join(', ')}`);
  return { command, values, json: values.json === true };
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv[0] === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const { command, values, json } = read(argv);
  const { databaseUrl } = parsePart(process.env, ['DATABASE_URL']);
  const db = openDatabase({ url: databaseUrl, poolSize: 2 });
  try {
    const result = await command.run(db, values);
    process.stdout.write(`${json ? JSON.stringify(result.json) : result.text}\n`);
    return result.failed ? 1 : 0;
  } finally {
    await db.close();
  }
}

const NO_SUCH_TABLE = 1146;

/** One line that says what to do about it. */
function explain(error: unknown): { line: string; code: 1 | 2 } {
  if (error instanceof UsageError) return { line: `${error.message}; see --help`, code: 2 };
  if (error instanceof ConfigError) return { line: error.message, code: 2 };
  if (error instanceof ServiceError) return { line: error.message, code: 1 };
  if (errnoOf(error) === NO_SUCH_TABLE) return { line: 'the database has no schema yet; run `npm run migrate` first', code: 1 };
  return { line: error instanceof Error && error.message !== '' ? error.message : 'the database did not answer', code: 1 };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { line, code } = explain(error);
  process.stderr.write(`admin: ${line}\n`);
  process.exitCode = code;
}
