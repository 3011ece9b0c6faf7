import { ProviderError } from '../../kit/provider-error.ts';

export type Asked<T> = { answer: T; refusal: null } | { answer: null; refusal: ProviderError };

/** A refusal is an answer to a question of verification; only when GitHub could not be asked does the error go on. */
export async function asked<T>(call: Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await call, refusal: null };
  } catch (error) {
    const couldNotAsk = ['timeout', 'unavailable', 'rate-limited'];
    if (error instanceof ProviderError && !couldNotAsk.includes(error.kind)) return { answer: null, refusal: error };
    throw error;
  }
}
