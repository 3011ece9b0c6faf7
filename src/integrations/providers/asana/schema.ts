import { z } from 'zod';

/** Only the fields we read. */

const gid = z.string();
export const named = z.object({ gid, name: z.string() });
export type Named = z.output<typeof named>;

export const task = z.object({
  gid,
  name: z.string(),
  completed: z.boolean(),
  approval_status: z.string().nullish(),
  permalink_url: z.string(),
  /** Shown to the app that set it. */
  external: z.object({ gid: z.string().nullish() }).nullish(),
  memberships: z
    .array(z.object({ project: z.object({ gid }).nullish(), section: named.nullish() }))
    .nullish()
    .transform((memberships) => memberships ?? []),
});
export type Task = z.output<typeof task>;

export const project = z.object({ gid, name: z.string(), workspace: z.object({ gid }) });
export const story = z.object({ gid, text: z.string().nullish(), resource_subtype: z.string().nullish() });
export const attachment = z.object({
  gid,
  name: z.string().nullish(),
  view_url: z.string().nullish(),
  resource_subtype: z.string().nullish(),
});
export type Attachment = z.output<typeof attachment>;
export const me = z.object({ gid, name: z.string().nullish(), email: z.string().nullish(), workspaces: z.array(named) });
export const hook = z.object({ gid, target: z.string() });

/** Custom fields of a project, with their choices where they have any. */
export const fieldSetting = z.object({
  custom_field: z.object({ gid, name: z.string(), enum_options: z.array(named.extend({ enabled: z.boolean().nullish() })).nullish() }),
});

export const one = <T extends z.ZodType>(data: T) => z.object({ data });
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_page: z.object({ offset: z.string() }).nullish() });

/** The secret is told once, beside the hook. */
export const createdHook = z.object({ data: z.object({ gid }), 'X-Hook-Secret': z.string().min(1) });

export const errorBody = z.object({ errors: z.array(z.object({ message: z.string().nullish(), phrase: z.string().nullish() })) });

export const grantedToken = z.object({ access_token: z.string().min(1), expires_in: z.number() });
export const refusedToken = z.object({ error: z.string(), error_description: z.string().nullish() });
