import { notesRange } from '../../domain/notes/range.ts';
import { linkTickets } from '../link-tickets.ts';
import { writeNotes } from '../notes.ts';
import { mainVersion, releaseTagName, repositoryLock } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';

/** The notes of the whole release, since the base release, and the release object in source control that carries them; the release's tickets lead to it. */
export const createFinalReleaseNotes: TaskHandler = {
  locks: (release) => [repositoryLock(release)],
  async run(context) {
    const { release, services, intent } = context;
    const { tenantId, config } = release;
    const tag = releaseTagName(release);
    const range = notesRange(tag, { ...release, previousCandidate: null });
    const { id, markdown, text, commits } = await writeNotes(context, { kind: 'final', cycle: 0, ...range });
    await intent('release-object');
    const published = await services.scm.publishRelease(tenantId, config.scmIntegrationId, {
      tag,
      name: mainVersion(release),
      body: markdown,
    });
    const url = published?.url ?? null;
    const tickets = url === null ? [] : await linkTickets(context, { url, title: `Release notes of ${tag}` });
    return { kind: 'completed', output: { notesId: id, base: range.base, tag, commits, markdown, text, url, tickets } };
  },
};
