import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its forms, and what it says when something is wrong. */

export const PROVIDER = 'kubernetes';

/** PEM as it is, or in base64 as a kubeconfig file has it. null = neither. */
export function pemIn(text: string): string | null {
  const plain = text.includes('-----BEGIN ') ? text : Buffer.from(text, 'base64').toString('utf8');
  return /-----BEGIN [A-Z ]+-----[\s\S]+-----END [A-Z ]+-----/.test(plain) ? plain : null;
}

const PEM = 'must be PEM, or the base64 of it as a kubeconfig file has it';
const pemSecret = (description: string) =>
  secretField(description)
    .refine((secret) => pemIn(secret.reveal()) !== null, PEM)
    .meta({ description, format: 'password', writeOnly: true });
const pem = z
  .string()
  .trim()
  .max(262_144)
  .refine((text) => pemIn(text) !== null, PEM);

const bearer = z.strictObject({ token: secretField('Token of a service account') }).meta({ title: 'Token of a service account' });
const certificate = z
  .strictObject({
    clientCertificate: pem.meta({ description: 'Client certificate: client-certificate-data of a kubeconfig file' }),
    clientKey: pemSecret('Key of the client certificate: client-key-data of a kubeconfig file'),
  })
  .meta({ title: 'Client certificate' });

export const credentialsSchema = z.union([bearer, certificate]);
export type KubernetesCredentials = { token: Secret } | { clientCertificate: string; clientKey: Secret };

/** Names of namespaces, secrets, routes and service accounts. */
const objectName = z
  .string()
  .trim()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of an object: lower-case letters, digits, dashes and dots');
const namespace = z
  .string()
  .trim()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace: lower-case letters, digits and dashes');

export const settingsSchema = z.strictObject({
  namespace: namespace.meta({ description: 'Namespace that services run in' }),
  caData: pem.optional().meta({
    description:
      'Certificate of the authority of the cluster: certificate-authority-data of a kubeconfig file; the public ones where absent',
  }),
});

export type KubernetesConnection = Connection<KubernetesCredentials, { namespace: string; caData?: string | undefined }>;

const port = z.int().min(1).max(65_535);
const words = z.array(z.string().max(4096)).min(1).max(100);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, 'must be a quantity such as 250m or 512Mi');
const quantities = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });
const seconds = (max: number) => z.int().min(1).max(max);
/** `host:port`, where what asks is outside of the cluster. */
const outside = z.string().regex(/^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'must be a host with a port');

/** The config of a target: what its pods are like. */
export const placeSchema = z.strictObject({
  port: port
    .optional()
    .meta({ description: 'Port that the container listens on, told as PORT; without it there is no Service and no address' }),
  command: words.optional().meta({ description: 'In place of what the image starts' }),
  arguments: words.optional(),
  readiness: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('http'),
        path: z.string().regex(/^\/[^\s]{0,2000}$/, 'must be a path'),
        everySeconds: seconds(3600).default(5),
      }),
      z.strictObject({ kind: z.literal('tcp'), everySeconds: seconds(3600).default(5) }),
    ])
    .optional()
    .meta({ description: 'How the cluster asks a pod whether it is ready; without it a pod that was started is' }),
  resources: z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }).optional(),
  serviceAccount: objectName.optional(),
  imagePullSecrets: z.array(objectName).max(10).optional(),
  progressWithinSeconds: seconds(86_400)
    .default(600)
    .meta({ description: 'How long without progress until the cluster gives a version up' }),
  graceSeconds: seconds(3600).default(30).meta({ description: 'How long what is replaced may take to end by itself' }),
  addresses: z
    .strictObject({ blue: outside, green: outside })
    .optional()
    .meta({ description: 'Where the sides are reached from outside of the cluster; the pods themselves where absent' }),
});
export type PlaceConfig = z.output<typeof placeSchema>;

export const routeSchema = z.strictObject({
  route: objectName.meta({ description: 'The HTTPRoute, in the namespace of the connection' }),
  services: z
    .strictObject({ blue: objectName, green: objectName })
    .refine(({ blue, green }) => blue !== green, 'must be different services')
    .optional()
    .meta({ description: 'Its backends by side, where they are not those that Signalbox makes' }),
});
export type RouteConfig = z.output<typeof routeSchema>;

export const trouble = (kind: ProviderErrorKind, why: string, retryAfterMs?: number) =>
  new ProviderError(kind, `${PROVIDER}: ${why}`, { provider: PROVIDER, retryAfterMs });
