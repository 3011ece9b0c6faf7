import type { Reading } from '../domain/release/gates.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';

/** Trouble of a provider is no answer: it is shown, and it blocks. Everything else is ours and goes up. */
export async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { known: true, value: await read(), checkedAt: new Date() };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { known: false, why: error.message, checkedAt: new Date() };
  }
}
