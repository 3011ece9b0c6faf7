import { z } from 'zod';

/** Only the fields we read, of REST v3 (Cloud) and v2 (Data Center, Server) alike. */

export const status = z.object({
  name: z.string(),
  statusCategory: z.object({ key: z.string().optional() }).nullish(),
});
export type Status = z.infer<typeof status>;

export const issue = z.object({
  key: z.string(),
  fields: z.object({ summary: z.string().nullish(), labels: z.array(z.string()).nullish(), status }),
});
export type Issue = z.infer<typeof issue>;

export const createdIssue = z.object({ id: z.string(), key: z.string() });

/** Cloud: pages by token; a page may be empty and still not be the last. */
export const tokenPage = z.object({
  issues: z.array(issue).default([]),
  nextPageToken: z.string().nullish(),
  isLast: z.boolean().optional(),
});

/** Data Center and Server: pages by offset. */
export const offsetPage = z.object({ issues: z.array(issue).default([]), total: z.number().int() });

export const transitions = z.object({
  transitions: z.array(
    z.object({ id: z.string(), name: z.string(), isAvailable: z.boolean().optional(), to: z.object({ name: z.string() }) }),
  ),
});

/** The body is text on Data Center and a document on Cloud. */
const comment = z.object({ body: z.unknown() });
export type RemoteComment = z.infer<typeof comment>;
export const commentPage = z.object({ comments: z.array(comment).default([]), total: z.number().int() });

/** Loose, because an update must send back what it does not change. */
const remoteLink = z.looseObject({
  id: z.number().int(),
  globalId: z.string().nullish(),
  object: z.looseObject({ url: z.string(), title: z.string() }),
});
export const remoteLinks = z.array(remoteLink);

export const versions = z.array(z.object({ id: z.string().regex(/^\d+$/), name: z.string() }));

const project = z.object({ key: z.string(), name: z.string() });
export const projects = z.array(project);
export const projectPage = z.object({ values: z.array(project).default([]), total: z.number().int() });
export const projectTypes = z.object({ issueTypes: z.array(z.object({ name: z.string() })) });
export const projectStatuses = z.array(z.object({ statuses: z.array(status) }));

/** `accountId` on Cloud, `name` on Data Center. */
const user = z.object({
  accountId: z.string().nullish(),
  accountType: z.string().nullish(),
  name: z.string().nullish(),
  displayName: z.string().nullish(),
  active: z.boolean().nullish(),
});
export type User = z.infer<typeof user>;
export const users = z.array(user);

export const myself = z.object({ displayName: z.string().optional(), name: z.string().optional(), accountId: z.string().optional() });

export const myPermissions = z.object({ permissions: z.record(z.string(), z.object({ havePermission: z.boolean().optional() })) });

export const errorBody = z.object({
  errorMessages: z.array(z.string()).nullish(),
  errors: z.record(z.string(), z.unknown()).nullish(),
  /** Some gateways in front of Jira Cloud answer in this form. */
  message: z.string().nullish(),
});

export const webhookBody = z.object({
  webhookEvent: z.string().catch('unknown'),
  issue: z.object({ key: z.string() }).nullish().catch(null),
  changelog: z
    .object({ items: z.array(z.unknown()) })
    .nullish()
    .catch(null),
});

/** Jira calls the new value `toString`, which every object has as a method; it is read by hand (see the webhook). */
export const changedField = z.object({ field: z.string(), fromString: z.string().nullish() });
