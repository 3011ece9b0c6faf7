import { composeNotes } from '../domain/notes/compose-notes.ts';
import type { NoteRemark } from '../domain/notes/document.ts';
import type { NotesRange } from '../domain/notes/range.ts';
import { shippedChanges } from '../domain/notes/shipped-changes.ts';
import { ticketPrefixes } from '../domain/notes/ticket-keys.ts';
import type { ReleaseContext } from '../services/execution/release-source.ts';
import type { KeptNotes } from '../services/notes/keep-notes.ts';
import type { TaskServices } from './task-context.ts';

interface Context {
  release: ReleaseContext;
  services: Pick<TaskServices, 'scm' | 'tickets' | 'records'>;
}

/** Composes the notes of a range and keeps them; written again they replace themselves, and what people changed stays. */
export async function writeNotes(
  context: Context,
  { kind, cycle, base, head, remarks }: NotesRange & { kind: 'cycle' | 'final'; cycle: number },
): Promise<KeptNotes & { commits: number }> {
  const { release, services } = context;
  const { tenantId, config, branch, baseBranch } = release;
  const commits = await services.scm.commitsBetween(tenantId, config.scmIntegrationId, base, head);
  const { pullRequests, known } = await services.scm.pullRequestsBehind(tenantId, config.scmIntegrationId, commits, [branch, baseBranch]);
  const document = composeNotes({
    ...{ base, head, commits },
    pullRequests: pullRequests.map(({ authorLogin, ...pull }) => ({ ...pull, author: authorLogin })),
    ticketPrefixes: ticketPrefixes(await projectsOf(context)),
    remarks: [...remarks, ...remarksOn[known]],
  });
  const changes = shippedChanges(commits, pullRequests, document);
  const kept = await services.records.notesWritten({ tenantId, id: release.id }, { kind, cycle, document }, changes);
  return { ...kept, commits: commits.length };
}

const remarksOn: Readonly<Record<'all' | 'some' | 'none', readonly NoteRemark[]>> = {
  all: [],
  some: ['some-pull-requests'],
  none: ['without-pull-requests'],
};

/** What tickets of this release's trackers are called by: its projects, and its own tickets where a project is but a number. */
async function projectsOf({ release, services }: Context): Promise<(string | null)[]> {
  const { tenantId, config, platforms } = release;
  const configId = config.projectManagementConfigId;
  if (configId === null) return [];
  return [...(await services.tickets.projects({ tenantId, configId })), ...platforms.map(({ ticketKey }) => ticketKey)];
}
