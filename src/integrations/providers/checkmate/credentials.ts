import { z } from 'zod';
import { secretField } from '../../kit/secret-field.ts';

export const credentials = z.object({ token: secretField('API token of a Checkmate user with the role "user" or "admin"') });
export type CheckmateCredentials = z.output<typeof credentials>;

export const settings = z.object({
  /** Needed only where the server has several organisations; the first one otherwise. */
  orgId: z.number().int().positive().optional().meta({ description: 'Organisation id, when the server has more than one' }),
});
export type CheckmateSettings = z.output<typeof settings>;
