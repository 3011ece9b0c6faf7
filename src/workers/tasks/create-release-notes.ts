import { notesRange } from '../../domain/notes/range.ts';
import { writeNotes } from '../notes.ts';
import { candidateOf, cycleOf, previousCandidate } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';

/** What is new in this candidate: since that of the last finished cycle; in the first, since the base release, or since the fork where there is none. */
export const createReleaseNotes: TaskHandler = {
  async run(context) {
    const { release, task } = context;
    const cycle = cycleOf(release, task.input);
    const head = candidateOf(cycle).tag;
    const range = notesRange(head, { ...release, previousCandidate: previousCandidate(release.cycles, cycle.number) });
    const { id, markdown, text, commits } = await writeNotes(context, { kind: 'cycle', cycle: cycle.number, ...range });
    return { kind: 'completed', output: { notesId: id, base: range.base, head, commits, markdown, text } };
  },
};
