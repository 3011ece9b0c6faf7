import { ProviderError } from '../../kit/provider-error.ts';
import { provider } from './client.ts';

/** @param least 0 where the server has a meaning for it ("no squad") */
export function idOf(what: string, value: string, least = 1): number {
  const id = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(id) && id >= least) return id;
  throw new ProviderError('invalid', `checkmate: "${value}" is not a ${what} id; ids are whole numbers`, { provider });
}
