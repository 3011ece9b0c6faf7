import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { AsanaClient } from './client.ts';
import { oneLine } from './one-line.ts';
import type { Attachment } from './schema.ts';

const MAX_NAME_CHARS = 255;

/**
 * Web addresses are external attachments. Asana cannot rename one, so another title is a new attachment, made before the former is removed:
 * whoever dies in between leaves two, and the next call one.
 */
export function asanaLinks(client: AsanaClient): Pick<IssueTracker, 'ensureLink'> {
  return {
    async ensureLink(key, { url, title }) {
      const name = oneLine(title, MAX_NAME_CHARS);
      const same: Attachment[] = [];
      for await (const attachment of client.attachments(key)) if (attachment.view_url === url) same.push(attachment);
      const kept = same.find((attachment) => attachment.name === name);
      if (!kept) await client.attachLink(key, { url, name });
      for (const other of same) if (other !== kept) await client.removeAttachment(other.gid);
    },
  };
}
