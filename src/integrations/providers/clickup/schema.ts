import { z } from 'zod';

/** Only the fields we read. */

/** The description says names, the answers are objects. */
const tagName = z.union([z.string(), z.object({ name: z.string() }).transform((tag) => tag.name)]);

export const status = z.object({ status: z.string(), type: z.string().nullish() });

export const task = z.object({
  id: z.string(),
  custom_id: z.string().nullish(),
  name: z.string(),
  status,
  tags: z.array(tagName).nullish(),
  /** Milliseconds since 1970. */
  date_created: z.string().nullish(),
  url: z.string(),
  list: z.object({ id: z.string() }),
});
export type Task = z.infer<typeof task>;

export const taskPage = z.object({ tasks: z.array(task), last_page: z.boolean().nullish() });

export const list = z.object({
  id: z.string(),
  name: z.string(),
  statuses: z.array(status).nullish(),
  space: z.object({ id: z.string() }),
});

const listName = z.object({ id: z.string(), name: z.string() });
export const lists = z.object({ lists: z.array(listName) });

/** A folder brings its lists; where it brings something else they are asked for. */
export const folders = z.object({
  folders: z.array(z.object({ id: z.string(), name: z.string(), lists: z.array(listName).nullish().catch(null) })),
});

const user = z.object({ id: z.number(), username: z.string().nullish(), email: z.string().nullish(), role: z.number().nullish() });
export type User = z.infer<typeof user>;

const members = z.array(z.object({ user }));
export const me = z.object({ user });
export const teams = z.object({ teams: z.array(z.object({ id: z.string(), name: z.string(), members: members.nullish() })) });
export type Team = z.infer<typeof teams>['teams'][number];

/** Members are told of private Spaces only. */
const space = z.object({ id: z.string(), name: z.string(), private: z.boolean().nullish(), members: members.nullish() });
export const spaces = z.object({ spaces: z.array(space) });
export const listMembers = z.object({ members: z.array(user) });

export const spaceTags = z.object({ tags: z.array(z.object({ name: z.string() })) });
export const taskTypes = z.object({ custom_items: z.array(z.object({ id: z.number(), name: z.string() })) });

export const comment = z.object({
  id: z.coerce.string(),
  /** A comment without text, or by something that is no user, must not hide the others. */
  comment_text: z.string().catch(''),
  date: z.coerce.string(),
  user: z.object({ id: z.number() }).nullish().catch(null),
  resolved: z.boolean().nullish(),
  assignee: z.object({ id: z.number() }).nullish().catch(null),
});
export type Comment = z.infer<typeof comment>;
export const comments = z.object({ comments: z.array(comment) });

export const webhook = z.object({
  id: z.string(),
  endpoint: z.string(),
  events: z.array(z.string()),
  space_id: z.unknown(),
  folder_id: z.unknown(),
  list_id: z.unknown(),
  task_id: z.unknown(),
  health: z.object({ status: z.string() }).nullish(),
  secret: z.string(),
});
export type Webhook = z.infer<typeof webhook>;
export const webhooks = z.object({ webhooks: z.array(webhook) });
export const createdWebhook = z.object({ webhook });

export const errorBody = z.object({ err: z.string().nullish(), ECODE: z.string().nullish() });
