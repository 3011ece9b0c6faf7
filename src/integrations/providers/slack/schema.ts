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
