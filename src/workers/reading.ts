import type { Reading } from '../domain/gates/requirement.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';

/**
 * Trouble of a provider is no answer: it is shown, and it blocks. Everything else is ours and goes up.
 *
 * @param checkedAt no later than the look; by the database's clock where its age is judged by that
 */
export async function reading<T>(read: () => Promise<T>, checkedAt: Date = new Date()): Promise<Reading<T>> {
  try {
    return { known: true, value: await read(), checkedAt };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { known: false, why: error.message, checkedAt };
  }
}
