import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { JiraClient } from './client.ts';
import { adfDocument, documentText } from './document.ts';

/**
 * Comments of ours end in a line that is the marker. Any line of any comment counts, so that a comment to which a person has added something
 * is not written again. Comments are read from the database and not from the search index, so one just written is there.
 */
export function jiraComments(client: JiraClient): Pick<IssueTracker, 'ensureComment'> {
  return {
    async ensureComment(key, { text, marker }) {
      for await (const { body } of client.comments(key)) {
        const lines = (typeof body === 'string' ? body : documentText(body)).split('\n');
        if (lines.some((line) => line.trim() === marker)) return;
      }
      const whole = `${text.trimEnd()}\n\n${marker}`;
      await client.addComment(key, client.kind === 'cloud' ? adfDocument(whole) : whole);
    },
  };
}
