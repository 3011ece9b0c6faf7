import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Api, ApiRefusal, apiAt } from './api.ts';

/** Who the demo is: a tenant, whoever creates its releases, and somebody else who approves them. Kept for the next start. */

const identity = z.object({
  tenantId: z.string(),
  ownerToken: z.string(),
  managerToken: z.string(),
  /** What the sandbox signs its webhooks with. */
  webhookSecret: z.string().min(16),
  /** The release of the last start: an interrupted one is called off by the next. */
  lastReleaseId: z.string().nullable(),
});
export type Identity = z.infer<typeof identity>;

export interface Persona {
  identity: Identity;
  isNew: boolean;
  owner: Api;
  manager: Api;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function findOrCreateIdentity(url: string, file: string): Promise<Persona> {
  const kept = readKept(file);
  if (kept !== null && (await isKnown(url, kept))) return personaOf(url, kept, false);
  const { tenantId } = await admin(['tenant', 'create', '--name', 'Demo'], z.object({ tenantId: z.string() }));
  const token = async (role: string, name: string) =>
    (await admin(['token', 'create', '--tenant', tenantId, '--role', role, '--name', name], z.object({ token: z.string() }))).token;
  const created: Identity = {
    tenantId,
    ownerToken: await token('owner', 'Olga (owner)'),
    managerToken: await token('release-manager', 'Ramón (release manager)'),
    webhookSecret: randomBytes(24).toString('base64url'),
    lastReleaseId: null,
  };
  keep(file, created);
  return personaOf(url, created, true);
}

export function keep(file: string, value: Identity): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  // The mode above counts only when the file is made.
  chmodSync(file, 0o600);
}

function readKept(file: string): Identity | null {
  try {
    return identity.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** A database made anew knows neither token nor tenant. */
async function isKnown(url: string, { tenantId, ownerToken, managerToken }: Identity): Promise<boolean> {
  const me = z.object({ tenant: z.object({ id: z.string() }) });
  try {
    const both = await Promise.all([ownerToken, managerToken].map((token) => apiAt(url, token).get('/me', me)));
    return both.every(({ tenant }) => tenant.id === tenantId);
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 401) return false;
    throw error;
  }
}

const personaOf = (url: string, known: Identity, isNew: boolean): Persona => ({
  ...{ identity: known, isNew },
  owner: apiAt(url, known.ownerToken),
  manager: apiAt(url, known.managerToken),
});

/** Runs the admin command line, which needs no token, only the database this process has in its environment. */
async function admin<T>(words: string[], schema: z.ZodType<T>): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/main/admin.ts', ...words, '--json'], {
    cwd: root,
  });
  return schema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
