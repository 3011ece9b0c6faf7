import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { AsanaClient } from './client.ts';

/** Comments are stories of a task. Any line counts as the marker, so that a comment a person has added to is not written again. */
export function asanaComments(client: AsanaClient): Pick<IssueTracker, 'ensureComment'> {
  return {
    async ensureComment(key, { text, marker }) {
      for await (const story of client.stories(key)) {
        if ((story.text ?? '').split('\n').some((line) => line.trim() === marker)) return;
      }
      await client.addComment(key, `${text.trimEnd()}\n\n${marker}`);
    },
  };
}
