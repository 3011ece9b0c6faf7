import type { Deployment as DeploymentManifest } from 'kubernetes-types/apps/v1.d.ts';
import type { Secret as SecretManifest, Service as ServiceManifest } from 'kubernetes-types/core/v1.d.ts';
import type { DeleteOptions } from 'kubernetes-types/meta/v1.d.ts';
import { z } from 'zod';
import { Secret } from '../../../platform/secret.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { jsonHttp, kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { type TlsIdentity, withIdentity } from '../../kit/with-identity.ts';
import { type KubernetesConnection, type KubernetesCredentials, PROVIDER, pemIn, trouble } from './identity.ts';
import { MANAGER } from './names.ts';
import {
  deploymentSchema,
  httpRouteSchema,
  listSchema,
  objectSchema,
  podSchema,
  type Rule,
  rulesReviewSchema,
  statusSchema,
  versionSchema,
} from './schema.ts';

export type KubernetesClient = ReturnType<typeof kubernetesClient>;

const PAGE = 250;
/** Answers that leave out what an object holds: secrets are never read. */
const METADATA_ONLY = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json' };
const METADATA_LIST = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json' };
const anything = z.unknown();

/** Every URL of the Kubernetes API we call, in one namespace. */
export function kubernetesClient({ baseUrl, credentials, settings }: KubernetesConnection, deps: AdapterDeps) {
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl,
    fetch: withIdentity(deps.fetch, identityOf(credentials, settings.caData)),
    now: deps.now,
    headers: (): Record<string, string> => ('token' in credentials ? { authorization: `Bearer ${credentials.token.reveal()}` } : {}),
    describeError: (body) => statusSchema.safeParse(body).data?.message ?? undefined,
    kindOf,
    secrets: 'token' in credentials ? [credentials.token] : [credentials.clientKey],
  });
  const core = `/api/v1/namespaces/${settings.namespace}`;
  const deployments = `/apis/apps/v1/namespaces/${settings.namespace}/deployments`;
  const routes = `/apis/gateway.networking.k8s.io/v1/namespaces/${settings.namespace}/httproutes`;

  /** Whole lists, page after page; a list that changed too much meanwhile is begun again once. */
  async function list<T>(what: string, path: string, labelSelector: string, item: z.ZodType<T>, headers: Record<string, string> = {}) {
    for (let again = true; ; again = false) {
      try {
        const items: T[] = [];
        let next: string | undefined;
        do {
          const page = await http.request({
            ...{ operation: `list ${what}`, method: 'GET', path, headers, schema: listSchema(item) },
            query: { labelSelector, limit: PAGE, continue: next },
          });
          items.push(...(page.items ?? []));
          next = page.metadata.continue || undefined;
        } while (next !== undefined);
        return items;
      } catch (error) {
        if (!(again && error instanceof ProviderError && error.status === 410)) throw error;
      }
    }
  }

  /** Server-side: the fields that we name become ours, those of others stay. */
  const applied = (path: string, { dryRun = false } = {}) => ({
    ...{ method: 'PATCH' as const, path, contentType: 'application/apply-patch+yaml' },
    query: { fieldManager: MANAGER, force: true, fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined },
  });

  return {
    deployment: (name: string) =>
      http.find({ operation: 'read the Deployment', method: 'GET', path: `${deployments}/${name}`, schema: deploymentSchema }),
    applyDeployment: (name: string, body: DeploymentManifest) =>
      http.request({ operation: 'apply the Deployment', ...applied(`${deployments}/${name}`), body, schema: deploymentSchema }),
    /** null = nothing to delete. */
    deleteDeployment: (name: string) =>
      http.find({
        ...{ operation: 'delete the Deployment', method: 'DELETE', path: `${deployments}/${name}` },
        body: FOREGROUND,
        schema: anything,
      }),
    applyService: (name: string, body: ServiceManifest) =>
      http.request({ operation: 'apply the Service', ...applied(`${core}/services/${name}`), body, schema: objectSchema }),
    applySecret: (name: string, body: SecretManifest, options?: { dryRun: boolean }) =>
      http.request({
        ...{ operation: 'apply the Secret', ...applied(`${core}/secrets/${name}`, options), body, isBodySecret: true },
        ...{ headers: METADATA_ONLY, schema: objectSchema },
      }),
    /** Their names; what they hold is not read. */
    secrets: async (labelSelector: string) =>
      (await list('Secrets', `${core}/secrets`, labelSelector, objectSchema, METADATA_LIST)).map(({ metadata }) => metadata.name),
    deleteSecret: (name: string) =>
      http.find({ operation: 'delete the Secret', method: 'DELETE', path: `${core}/secrets/${name}`, schema: anything }),
    pods: (labelSelector: string) => list('pods', `${core}/pods`, labelSelector, podSchema),
    /** Those that end already are given no more than this. */
    deletePods: (labelSelector: string, gracePeriodSeconds: number) =>
      http.request({
        ...{ operation: 'end the pods', method: 'DELETE', path: `${core}/pods`, query: { labelSelector, gracePeriodSeconds } },
        schema: anything,
      }),
    httpRoute: async (name: string) => {
      const found = await http
        .find({ operation: 'read the HTTPRoute', method: 'GET', path: `${routes}/${name}`, schema: httpRouteSchema })
        .catch((error: unknown) => {
          // Without the Gateway API there is not even somebody who would say so in words of the API.
          if (error instanceof ProviderError && error.kind === 'malformed' && error.status === 404) return null;
          throw error;
        });
      if (found !== null) return found;
      throw trouble('not-found', `there is no HTTPRoute ${name} in the namespace ${settings.namespace}, or the cluster has no Gateway API`);
    },
    /** Refused with `conflict` when somebody wrote after `resourceVersion`. */
    patchHttpRoute: (
      name: string,
      change: { resourceVersion: string; annotations: Record<string, string | null>; rules: readonly Rule[] },
    ) =>
      http.request({
        ...{ operation: 'change the HTTPRoute', method: 'PATCH', path: `${routes}/${name}`, contentType: 'application/merge-patch+json' },
        query: { fieldManager: MANAGER },
        body: { metadata: { resourceVersion: change.resourceVersion, annotations: change.annotations }, spec: { rules: change.rules } },
        schema: httpRouteSchema,
      }),
    /** What we may do in the namespace. */
    rules: async () =>
      (
        await http.request({
          ...{ operation: 'ask for our rights', method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews' },
          body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: settings.namespace } },
          schema: rulesReviewSchema,
        })
      ).status,
    version: async () =>
      (await http.find({ operation: 'read the version', method: 'GET', path: '/version', schema: versionSchema }))?.gitVersion ?? null,
  };
}

/** Stays until all that belongs to it has ended, so that what is gone is gone. */
const FOREGROUND: DeleteOptions = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' };

function identityOf(credentials: KubernetesCredentials, caData: string | undefined): TlsIdentity {
  const authority = caData === undefined ? null : pemIn(caData);
  const certificate = 'clientCertificate' in credentials ? pemIn(credentials.clientCertificate) : null;
  return {
    ...(authority === null ? {} : { authority }),
    ...(certificate === null || !('clientKey' in credentials)
      ? {}
      : { certificate, key: new Secret(pemIn(credentials.clientKey.reveal()) ?? '') }),
  };
}

/** "Not there" is believed from the API alone: a proxy's 404 must not look like a service that does not run. */
function kindOf(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  const told = statusSchema.safeParse(body).success;
  if (status === 404 && !told) return 'malformed';
  return status === 410 && told ? 'unavailable' : kindOfStatus(status, headers);
}
