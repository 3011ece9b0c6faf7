import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import type { Comment, Task } from './schema.ts';

/** More than this means that something is wrong with the paging: 100 tasks or 25 comments are on one page. */
const MAX_PAGES = 500;

/** @param read a page by its number, from 0 */
export async function* eachTask(read: (page: number) => Promise<{ tasks: Task[]; last_page?: boolean | null | undefined }>) {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { tasks, last_page: isLast } = await read(page);
    yield* tasks;
    if (isLast ?? tasks.length === 0) return;
  }
  throw endless('tasks');
}

/** @param read the page of those older than the comment; the newest without one */
export async function* eachComment(read: (after: Comment | null) => Promise<{ comments: Comment[] }>) {
  let after: Comment | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { comments } = await read(after);
    yield* comments;
    const last = comments.at(-1);
    if (last === undefined || last.id === after?.id) return;
    after = last;
  }
  throw endless('comments');
}

function endless(what: string): ProviderError {
  return new ProviderError('malformed', `clickup: the list of ${what} did not end after ${MAX_PAGES} pages`, { provider: PROVIDER });
}
