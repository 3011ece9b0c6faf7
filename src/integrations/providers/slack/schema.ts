import { z } from 'zod';

/** What we read of Slack's answers, and no more. */

const timestamp = z.string().regex(/^\d+\.\d+$/);

/** The client library adds what the headers say to `response_metadata`. */
const metadata = z.object({ next_cursor: z.string().optional(), scopes: z.array(z.string()).optional() }).optional();

/** auth.test; `expires_in` (seconds) only where the app rotates its tokens. */
export const identity = z.object({
  team: z.string(),
  user: z.string(),
  expires_in: z.number().optional(),
  response_metadata: metadata,
});

/** chat.postMessage, chat.update */
export const posted = z.object({ channel: z.string(), ts: timestamp });

/** chat.postEphemeral */
export const postedEphemeral = z.object({ message_ts: timestamp });

/** chat.getPermalink */
export const permalink = z.object({ permalink: z.string() });

/** conversations.history, conversations.replies */
export const messagePage = z.object({
  messages: z.array(
    z.object({
      ts: timestamp,
      /** Messages of people may carry blocks of any shape. */
      blocks: z.array(z.object({ block_id: z.string().optional().catch(undefined) })).optional(),
    }),
  ),
  has_more: z.boolean().optional(),
  response_metadata: metadata,
});

/** conversations.list */
export const channelPage = z.object({
  channels: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      is_private: z.boolean().optional(),
      is_member: z.boolean().optional(),
    }),
  ),
  response_metadata: metadata,
});

/** users.lookupByEmail, users.info. What people left empty is empty, null or absent. */
export const userAnswer = z.object({
  user: z.object({
    id: z.string(),
    name: z.string().optional(),
    real_name: z.string().nullish(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_email_confirmed: z.boolean().optional(),
    profile: z.object({ display_name: z.string().nullish(), real_name: z.string().nullish(), email: z.string().nullish() }),
  }),
});

/** conversations.open */
export const opened = z.object({ channel: z.object({ id: z.string() }) });

/** files.getUploadURLExternal */
export const uploadTicket = z.object({ upload_url: z.url(), file_id: z.string() });

/** files.completeUploadExternal */
export const sharedFiles = z.object({
  files: z.array(z.object({ id: z.string(), permalink: z.url().optional().catch(undefined) })).min(1),
});

/** Channel id → the messages that show it. */
const shares = z.record(z.string(), z.unknown()).optional();

/** files.info */
export const fileAnswer = z.object({
  file: z.object({
    permalink: z.url().optional().catch(undefined),
    shares: z.object({ public: shares, private: shares }).optional(),
  }),
});
