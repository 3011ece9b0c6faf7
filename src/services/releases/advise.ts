import { ProviderError, type ProviderErrorKind } from '../../integrations/kit/provider-error.ts';

type Advice = Partial<Record<ProviderErrorKind, string>>;

const ASK_AGAIN = 'It may have been done all the same; ask again: what is done already is found and not done twice.';

/** Of writes whose answer did not come or could not be read. */
export const mayBeDone: Advice = { timeout: ASK_AGAIN, unavailable: ASK_AGAIN, malformed: ASK_AGAIN };

/** Does the work; a provider's trouble says besides what a person can do about it. */
export async function advise<T>(advice: Advice, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const words = error instanceof ProviderError ? advice[error.kind] : undefined;
    if (!(error instanceof ProviderError) || words === undefined) throw error;
    const { kind, provider, retryAfterMs, status, connection } = error;
    const message = `${error.message}${/[.!?]$/.test(error.message) ? '' : '.'} ${words}`;
    throw new ProviderError(kind, message, { provider, retryAfterMs, status, connection, cause: error });
  }
}
