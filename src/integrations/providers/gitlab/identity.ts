import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'gitlab';

export const credentialsSchema = z.strictObject({
  token: secretField('Personal, project or group access token with the scope api'),
});

const PROJECT = /^(\d{1,18}|(?!(.*\/)?\.{1,2}(\/|$))[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)+)$/;

export const settingsSchema = z.object({
  project: z
    .string()
    .trim()
    .max(1_024)
    .regex(PROJECT, 'the full path, such as group/subgroup/name, or the numeric id')
    .meta({ title: 'Project', description: 'Full path as in its address (group/subgroup/name), or the numeric project ID' }),
  defaultBranch: z.string().min(1).max(255).optional().meta({ description: "The project's own default branch when empty" }),
});

export type GitlabConnection = Connection<{ token: Secret }, z.infer<typeof settingsSchema>>;
