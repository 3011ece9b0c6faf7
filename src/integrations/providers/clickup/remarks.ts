import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { ClickupClient, TaskAddress } from './client.ts';
import { oneLine } from './one-line.ts';
import type { Comment } from './schema.ts';
import type { TaskLookup } from './task-lookup.ts';

/** Comments, and links, which are comments too: ClickUp attaches files and other tasks to a task, and no addresses. */
export function clickupRemarks(client: ClickupClient, lookup: TaskLookup): Pick<IssueTracker, 'ensureComment' | 'ensureLink'> {
  async function commentEndingIn(address: TaskAddress, line: string): Promise<Comment | null> {
    for await (const comment of client.comments(address)) if (lastLine(comment.comment_text) === line) return comment;
    return null;
  }

  /** Only its author may edit a comment. */
  async function edit(comment: Comment, comment_text: string): Promise<void> {
    const { user } = await client.me();
    if (comment.user?.id !== user.id) return;
    const assignee = comment.assignee ? { assignee: comment.assignee.id } : {};
    await client.editComment(comment.id, { comment_text, resolved: comment.resolved ?? false, ...assignee });
  }

  return {
    async ensureComment(key, { text, marker }) {
      const address = await lookup.locate(key);
      if (await commentEndingIn(address, marker)) return;
      await client.addComment(address, `${text.trimEnd()}\n\n${marker}`);
    },

    async ensureLink(key, { url, title }) {
      const address = await lookup.locate(key);
      const text = `${oneLine(title)}\n${url}`;
      const found = await commentEndingIn(address, url);
      if (found === null) await client.addComment(address, text);
      else if (found.comment_text.trim() !== text.trim()) await edit(found, text);
    },
  };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
