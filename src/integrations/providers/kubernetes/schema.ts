import { z } from 'zod';

/** Only the fields we read of the Kubernetes API. Lists and fields that are empty are left out by the server. */

const count = z.int().nullish();
const conditions = z
  .array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().nullish(),
      message: z.string().nullish(),
      observedGeneration: z.int().nullish(),
    }),
  )
  .nullish();

export const metadata = z.object({
  namespace: z.string().optional(),
  name: z.string(),
  generation: z.int().optional(),
  resourceVersion: z.string().optional(),
  deletionTimestamp: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export const deploymentSchema = z.object({
  metadata,
  spec: z.object({
    replicas: count,
    paused: z.boolean().nullish(),
    template: z.object({ spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string().nullish() })) }) }),
  }),
  status: z.object({ observedGeneration: count, replicas: count, updatedReplicas: count, availableReplicas: count, conditions }).nullish(),
});
export type Deployment = z.output<typeof deploymentSchema>;

const containerState = z
  .object({
    waiting: z.object({ reason: z.string().nullish(), message: z.string().nullish() }).nullish(),
    terminated: z.object({ exitCode: z.int(), reason: z.string().nullish() }).nullish(),
  })
  .nullish();

export const podSchema = z.object({
  metadata,
  status: z
    .object({
      phase: z.string().nullish(),
      podIP: z.string().nullish(),
      conditions,
      containerStatuses: z
        .array(z.object({ name: z.string(), restartCount: z.int(), state: containerState, lastState: containerState }))
        .nullish(),
    })
    .nullish(),
});
export type Pod = z.output<typeof podSchema>;

/** An object of which nothing but its metadata is asked for. */
export const objectSchema = z.object({ metadata });

export const listSchema = <T>(item: z.ZodType<T>) =>
  z.object({ metadata: z.object({ continue: z.string().nullish() }), items: z.array(item).nullish() });

/** What the API answers in place of an object, errors above all. */
export const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().nullish(),
  reason: z.string().nullish(),
  details: z.object({ name: z.string().nullish(), kind: z.string().nullish() }).nullish(),
});

export const rulesReviewSchema = z.object({
  status: z.object({
    incomplete: z.boolean(),
    resourceRules: z.array(
      z.object({
        verbs: z.array(z.string()),
        apiGroups: z.array(z.string()).nullish(),
        resources: z.array(z.string()).nullish(),
        resourceNames: z.array(z.string()).nullish(),
      }),
    ),
  }),
});
export type ResourceRule = z.output<typeof rulesReviewSchema>['status']['resourceRules'][number];

export const versionSchema = z.object({ gitVersion: z.string() });

const backend = z.looseObject({
  name: z.string(),
  group: z.string().nullish(),
  kind: z.string().nullish(),
  namespace: z.string().nullish(),
  weight: z.int().nullish(),
});
const header = z.looseObject({ type: z.string().nullish(), name: z.string(), value: z.string() });
const match = z.looseObject({ headers: z.array(header).nullish() });
/** Rules are written back as a whole: what we do not read of them must come through. */
const rule = z.looseObject({ matches: z.array(match).nullish(), backendRefs: z.array(backend).nullish() });
export type Rule = z.output<typeof rule>;

const parentRef = z.object({
  group: z.string().nullish(),
  kind: z.string().nullish(),
  namespace: z.string().nullish(),
  name: z.string(),
  sectionName: z.string().nullish(),
  port: count,
});
export type ParentRef = z.output<typeof parentRef>;

export const httpRouteSchema = z.object({
  metadata,
  spec: z.object({ parentRefs: z.array(parentRef).nullish(), rules: z.array(rule).nullish() }),
  status: z.object({ parents: z.array(z.object({ parentRef, conditions })).nullish() }).nullish(),
});
export type HttpRoute = z.output<typeof httpRouteSchema>;
