import type { AdapterDeps, Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { invalid, ServiceError } from '../service-error.ts';
import type { VerificationStatus } from './connection-view.ts';

/** What is written down of a verification. Times are relative, for the database's clock. */
export interface VerificationResult {
  /** `null` keeps the status: the provider could not be asked, which says nothing about the credentials. */
  status: VerificationStatus | null;
  error: string | null;
  account: string | null;
  credentialExpiresAt: Date | null;
  rateLimit: { limit: number; remaining: number; resetsAt: string | null; seenAt: string } | null;
  /** Milliseconds until the scheduler asks again. */
  againInMs: number;
}

/** For the provider's answer as a whole, retries and pages included. */
const VERIFY_TIMEOUT_MS = 30_000;
const DAY_MS = 86_400_000;
const SOON_MS = 5 * 60_000;
const MAX_ERROR_CHARS = 1900;

/** Two thousand connections made on one day must not all be verified in the same minute of the next. */
const jittered = (ms: number) => Math.round(ms * (0.85 + Math.random() * 0.3));

/** What verifying needs of a connector. */
export interface Verifier {
  openUnsaved(category: Category, tenantId: string, provider: Provider, connection: Connection, signal: AbortSignal): { deps: AdapterDeps };
}

interface VerifyDeps {
  connector: Verifier;
  /** Whose connection it is. */
  tenantId: string;
  now: () => Date;
  /** Ends the asking early: the process stops. */
  signal?: AbortSignal | undefined;
}

/** Asks the provider. @throws ServiceError invalid when the operator does not allow the address */
export async function verify(
  deps: VerifyDeps,
  category: Category,
  provider: Provider,
  connection: Connection,
): Promise<VerificationResult> {
  const signals = [AbortSignal.timeout(VERIFY_TIMEOUT_MS), ...(deps.signal === undefined ? [] : [deps.signal])];
  const open = deps.connector.openUnsaved(category, deps.tenantId, provider, connection, AbortSignal.any(signals));
  const unsent: string[] = [];
  try {
    const verification = await provider.verify(connection, noting(unsent, open.deps), category);
    if (unsent[0] !== undefined) throw addressRefused(unsent[0]);
    if (!verification.ok) return refused(verification.problems);
    const expiresAt = verification.expiresAt === null ? null : new Date(verification.expiresAt);
    if (expiresAt !== null && expiresAt <= deps.now()) return { ...refused(['The credential has expired.']), status: 'EXPIRED' };
    return {
      status: 'VALID',
      error: null,
      account: verification.account,
      credentialExpiresAt: expiresAt,
      rateLimit: verification.rateLimit && { ...verification.rateLimit, seenAt: deps.now().toISOString() },
      againInMs: jittered(DAY_MS),
    };
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    if (unsent[0] !== undefined) throw addressRefused(unsent[0]);
    return couldNotAsk(error);
  }
}

/** The same for a stored connection: an address that the operator stopped allowing makes it invalid, like anything else that does. */
export async function verifyStored(...asked: Parameters<typeof verify>): Promise<VerificationResult> {
  try {
    return await verify(...asked);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'invalid') return refused(error.problems.map((problem) => problem.message));
    throw error;
  }
}

function refused(problems: readonly string[]): VerificationResult {
  return { ...nothingLearned, status: 'INVALID', error: problems.join('\n').slice(0, MAX_ERROR_CHARS), againInMs: jittered(DAY_MS) };
}

const nothingLearned = { account: null, credentialExpiresAt: null, rateLimit: null } as const;

function couldNotAsk(error: unknown): VerificationResult {
  if (error instanceof ProviderError) {
    const againInMs = Math.max(jittered(SOON_MS), error.retryAfterMs ?? 0);
    return { ...nothingLearned, status: null, error: `Could not be verified: ${error.message}`.slice(0, MAX_ERROR_CHARS), againInMs };
  }
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return { ...nothingLearned, status: null, error: 'Could not be verified: no answer in time.', againInMs: jittered(SOON_MS) };
  }
  throw error;
}

const addressRefused = (message: string) => invalid([{ field: '/baseUrl', message }]);

/**
 * Notes what was not even sent, because the address is not allowed or no address at all: adapters read that as the provider's refusal, but
 * it is the base URL that must be mended.
 */
function noting(unsent: string[], deps: AdapterDeps): AdapterDeps {
  const note = (error: unknown) => {
    if (error instanceof ProviderError && error.kind === 'invalid' && error.status === undefined) unsent.push(error.message);
    throw error;
  };
  return {
    ...deps,
    fetch: (input, init) => deps.fetch(input, init).catch(note),
    session: (target, work) => deps.session(target, work).catch(note),
  };
}
