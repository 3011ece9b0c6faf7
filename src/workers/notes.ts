import { composeNotes } from '../domain/release/notes.ts';
import { renderNotesMarkdown } from '../domain/release/notes-markdown.ts';
import { renderNotesText } from '../domain/release/notes-text.ts';
import type { ReleaseNotesRecord } from '../services/execution/release-records.ts';
import type { TaskContext } from './task-context.ts';

/** Composes the notes of a range and keeps them; written again they replace themselves. */
export async function writeNotes(
  { release, services }: TaskContext,
  range: Omit<ReleaseNotesRecord, 'markdown'>,
): Promise<{ markdown: string; text: string; commits: number }> {
  const commits = await services.scm.commitsBetween(release.tenantId, release.config.scmIntegrationId, range.base, range.head);
  const shas = new Set(commits.map(({ sha }) => sha));
  const pullRequests =
    commits.length === 0 ? [] : await services.scm.mergedPullRequests(release.tenantId, release.config.scmIntegrationId, shas);
  const notes = composeNotes({ commits, pullRequests });
  const markdown = renderNotesMarkdown(notes);
  await services.records.notesWritten({ tenantId: release.tenantId, id: release.id }, { ...range, markdown });
  return { markdown, text: renderNotesText(notes), commits: commits.length };
}
