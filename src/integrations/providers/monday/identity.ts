import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'monday';

export const credentialsSchema = z.object({
  apiToken: secretField('API token of the account that Signalbox works as (avatar → Developers → API token), or an access token of an app'),
});

const column = (description: string) => z.string().trim().min(1).max(255).optional().meta({ description });

/** Columns are named by their title or their id. */
export const settingsSchema = z.object({
  boardId: z
    .string()
    .trim()
    .regex(/^\d+$/)
    .optional()
    .meta({ description: 'Id of the board that is checked when the connection is verified' }),
  statusColumn: column('Status column that tells how far an item is; the first one of the board when empty'),
  inProgressLabels: z
    .array(z.string().trim().min(1).max(255))
    .max(50)
    .optional()
    .meta({ description: 'Labels of the status column that mean "in progress"; "Working on it" when empty' }),
  markerColumn: column('Text column that carries the mark of items Signalbox created; one named "Signalbox marker" is made when empty'),
  descriptionColumn: column('Long text column for descriptions; the first one of the board when empty'),
  labelsColumn: column('Tags or dropdown column for labels; the first tags column of the board when empty'),
  versionColumn: column('Tags, dropdown, status or text column that names the version of an item; the first tags column when empty'),
  assigneeColumn: column('People column for the assignee; the first one of the board when empty'),
  priorityColumn: column('Status column for the priority; the one titled "Priority" when empty'),
});
export type MondaySettings = z.output<typeof settingsSchema>;

export type MondayConnection = Connection<z.output<typeof credentialsSchema>, MondaySettings>;
