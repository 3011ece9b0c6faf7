import { z } from 'zod';

/** Only the fields we read. */

export const page = <T extends z.ZodType>(node: T) =>
  z.object({
    nodes: z.array(node),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
  });
export type Page<T> = { nodes: T[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null | undefined } };

/** An object with this member, as the member. */
export const member = <T extends z.ZodType>(name: string, schema: T) =>
  // The schema asks for exactly this member, which the type of a computed key cannot say.
  z.object({ [name]: schema }).transform((data) => data[name] as z.output<T>);

export const team = z.object({ id: z.string(), key: z.string(), name: z.string() });
export type LinearTeam = z.infer<typeof team>;

export const state = z.object({ id: z.string(), name: z.string(), type: z.string(), position: z.number() });
export type LinearState = z.infer<typeof state>;

export const issue = z.object({
  id: z.string(),
  identifier: z.string(),
  title: z.string(),
  url: z.string(),
  trashed: z.boolean().nullish(),
  state: z.object({ name: z.string(), type: z.string() }),
  team: z.object({ id: z.string(), key: z.string() }),
});
export type LinearIssue = z.infer<typeof issue>;

export const label = z.object({
  id: z.string(),
  name: z.string(),
  isGroup: z.boolean(),
  team: z.object({ id: z.string() }).nullish(),
});
export type LinearLabel = z.infer<typeof label>;

export const attachment = z.object({ id: z.string(), url: z.string(), title: z.string() });

export const person = z.object({ id: z.string(), name: z.string(), isAssignable: z.boolean() });

export const webhook = z.object({
  id: z.string(),
  url: z.string().nullish(),
  allPublicTeams: z.boolean(),
  team: z.object({ id: z.string() }).nullish(),
});
export type LinearWebhook = z.infer<typeof webhook>;
