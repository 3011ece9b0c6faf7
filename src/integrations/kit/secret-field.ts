import { z } from 'zod';
import { Secret } from '../../platform/secret.ts';

/**
 * A required secret of a credential form: shown as a password field, parsed into a `Secret`. Blanks and line breaks around it come from
 * pasting and are dropped: a token with a line break at its end is refused by every provider as a wrong one.
 */
export function secretField(description: string) {
  return z
    .string()
    .trim()
    .min(1)
    .max(16_384)
    .transform((value) => new Secret(value))
    .meta({ description, format: 'password', writeOnly: true });
}
