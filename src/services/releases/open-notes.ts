import { createHash } from 'node:crypto';
import type { Sql } from '../../db/client.ts';
import type { OpenedArtifact } from './builds/open-artifact.ts';
import { displayIdOf } from './release-row.ts';

interface Row {
  kind: 'cycle' | 'final';
  cycle: number;
  markdown: string;
  displayNumber: number;
}

/** Notes as a Markdown file, as people read them now; null = there are none of this id. */
export async function openNotes(db: Pick<Sql, 'rows'>, tenantId: string, notesId: string): Promise<OpenedArtifact | null> {
  const [row] = await db.rows<Row>(
    `SELECT n.kind, n.cycle, n.markdown, r.display_number AS displayNumber FROM release_notes n JOIN releases r ON r.id = n.release_id
     WHERE n.tenant_id = ? AND n.id = ?`,
    [tenantId, notesId],
  );
  if (row === undefined) return null;
  const bytes = Buffer.from(row.markdown);
  return {
    name: notesFileName(displayIdOf(row.displayNumber), row),
    sizeBytes: bytes.length,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    open: async ({ first, last } = { first: 0, last: bytes.length - 1 }) => new Blob([bytes.subarray(first, last + 1)]).stream(),
  };
}

/** `REL-7-notes-cycle-2.md`, `REL-7-notes.md`. */
export const notesFileName = (displayId: string, { kind, cycle }: { kind: 'cycle' | 'final'; cycle: number }): string =>
  `${displayId}-notes${kind === 'final' ? '' : `-cycle-${cycle}`}.md`;
