import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'prometheus';

const none = z.strictObject({}).meta({ title: 'No sign-in: the server asks nobody who they are' });

const bearer = z
  .strictObject({ token: secretField('Token that the server, or the proxy in front of it, takes as `Authorization: Bearer`') })
  .meta({ title: 'Token' });

const basic = z
  .strictObject({
    user: z
      .string()
      .trim()
      .min(1)
      .max(255)
      .regex(/^[^:]*$/, 'a user name has no colon')
      .meta({ description: 'User name' }),
    password: secretField('Password of the user'),
  })
  .meta({ title: 'User and password' });

export const credentialsSchema = z.union([bearer, basic, none]);
export type PrometheusCredentials = z.output<typeof credentialsSchema>;

export const settingsSchema = z.strictObject({
  tenant: z
    .string()
    .trim()
    .regex(/^[\w.!*'()|-]{1,150}$/, "must be letters, digits and ! - _ . * ' ( ) | only")
    .optional()
    .meta({ description: 'Sent as X-Scope-OrgID, where the server keeps several tenants (Mimir, Cortex)' }),
});

export type PrometheusConnection = Connection<PrometheusCredentials, z.output<typeof settingsSchema>>;
