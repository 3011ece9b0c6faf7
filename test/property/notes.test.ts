import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeNotes, type NotesInput } from '../../src/domain/notes/compose-notes.ts';
import { itemsOf, noteRemarks, noteSections } from '../../src/domain/notes/document.ts';
import { applyEdits, type NotesEdits, noEdits } from '../../src/domain/notes/edits.ts';
import { renderNotesHtml } from '../../src/domain/notes/html.ts';
import { renderNotesJson } from '../../src/domain/notes/json.ts';
import { renderNotesMarkdown } from '../../src/domain/notes/markdown.ts';
import type { NoteCommit } from '../../src/domain/notes/note-commit.ts';
import type { NotePullRequest } from '../../src/domain/notes/pull-requests.ts';
import { renderNotesText, renderStoreNotes } from '../../src/domain/notes/text.ts';

const shaOf = (index: number) => (0xabc000 + index * 7919).toString(16).padStart(40, 'd');
const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`;

/** A history without merges: who reverts names an id or only words. */
const history: fc.Arbitrary<NoteCommit[]> = fc
  .array(
    fc.record({
      subject: fc.constantFrom('feat: add', 'feat(ui): add', 'fix: mend', 'fix(api)!: mend', 'perf: run', 'Say it APP-4', 'Add (#3)', ''),
      author: fc.constantFrom('Ada', 'Bo', 'dependabot[bot]', null),
      day: fc.integer({ min: 1, max: 3 }),
      pickOf: fc.option(fc.nat(40)),
      reverts: fc.option(fc.nat(), { freq: 4 }),
    }),
    { maxLength: 25, size: 'max' },
  )
  .map((given) =>
    given.map(({ subject, author, day: number, pickOf, reverts }, index) => {
      const body = reverts !== null && index > 0 ? `This reverts commit ${shaOf(reverts % index)}.` : '';
      const picked = pickOf === null ? '' : `(cherry picked from commit ${shaOf(pickOf)})`;
      return {
        ...{ sha: shaOf(index), message: `${subject}\n\n${body}\n${picked}`, authorName: author, authoredAt: day(number) },
        ...{ url: `https://scm.example/${index}`, parents: index === 0 ? [] : [shaOf(index - 1)] },
      };
    }),
  );

/** Only words, so that order matters: by parents or by dates alone. */
const wordy: fc.Arbitrary<NoteCommit[]> = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(fc.constantFrom('x', 'y', 'Revert "x"', 'Revert "y"', 'Reapply "x"'), fc.nat(9)), { maxLength: 20 }),
  )
  .map(([linked, given]) =>
    given.map(([message, minute], index) => ({
      ...{ sha: shaOf(index), message, authorName: null, url: null },
      ...{ authoredAt: `2026-01-01T00:0${minute}:00.000Z`, parents: linked && index > 0 ? [shaOf(index - 1)] : [] },
    })),
  );

const pulls: fc.Arbitrary<NotePullRequest[]> = fc.array(
  fc.record({
    number: fc.integer({ min: 1, max: 8 }),
    title: fc.constantFrom('Pull', 'feat: pull', 'fix: pull APP-9', ' '),
    labels: fc.subarray(['bug', 'breaking', 'enhancement', 'odd']),
    author: fc.constantFrom('ada', 'renovate[bot]', null),
    headBranch: fc.constantFrom('app-7', 'topic'),
    mergedAt: fc.option(fc.integer({ min: 1, max: 3 }).map(day)),
    mergeCommit: fc.option(fc.nat(30).map(shaOf)),
    commits: fc.uniqueArray(fc.nat(30).map(shaOf), { maxLength: 6 }),
    url: fc.constant('https://scm.example/pull'),
  }),
  { maxLength: 6 },
);
/** Two that have one number are one: providers do not number twice. */
const distinctPulls = pulls.map((given) => [...new Map(given.map((pull) => [pull.number, pull])).values()]);

const compose = (commits: readonly NoteCommit[], pullRequests: readonly NotePullRequest[] = []) =>
  composeNotes({ base: 'v1', head: 'v2', commits, pullRequests, ticketPrefixes: ['APP'], remarks: [] });

const everything = (input: NotesInput, edits: NotesEdits = noEdits): string[] => {
  const notes = applyEdits(composeNotes(input), edits);
  return [
    ...[renderNotesMarkdown(notes), renderNotesHtml(notes), renderNotesJson(notes), renderNotesText(notes)],
    ...[renderStoreNotes(notes, 'PLAY_STORE'), renderStoreNotes(notes, 'APP_STORE')],
  ];
};

/** Read backwards: a revert that stands undoes what it names. */
function standing(commits: readonly NoteCommit[]): string[] {
  const undone = new Set<string>();
  for (const { sha, message } of commits.toReversed()) {
    const target = /This reverts commit ([0-9a-f]+)/.exec(message)?.[1];
    if (target !== undefined && !undone.has(sha)) undone.add(target);
  }
  return commits.filter(({ sha, message }) => !undone.has(sha) && !message.includes('This reverts')).map(({ sha }) => sha);
}

describe('notes, whatever the commits and the pull requests', () => {
  it('name every commit that stands exactly once and no other, in items of ids of their own', () => {
    fc.assert(
      fc.property(history, distinctPulls, (commits, pullRequests) => {
        const items = itemsOf(compose(commits, pullRequests));

        expect(items.flatMap((item) => item.commits.map(({ sha }) => sha)).sort()).toEqual(standing(commits).sort());
        expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      }),
      { numRuns: 500 },
    );
  });

  it('are the same to the byte in every format, in whatever order commits and pull requests come', () => {
    const given = fc.tuple(fc.oneof(history, wordy), distinctPulls).chain(([commits, pullRequests]) =>
      fc.record({
        ...{ commits: fc.constant(commits), pullRequests: fc.constant(pullRequests) },
        shuffled: fc.shuffledSubarray(commits, { minLength: commits.length }),
        others: fc.shuffledSubarray(pullRequests, { minLength: pullRequests.length }),
      }),
    );
    fc.assert(
      fc.property(given, ({ commits, pullRequests, shuffled, others }) => {
        const input = { base: 'v1', head: 'v2', ticketPrefixes: ['APP'], remarks: [...noteRemarks] };

        const first = everything({ ...input, commits, pullRequests });

        expect(everything({ ...input, commits: shuffled, pullRequests: others, remarks: noteRemarks.toReversed() })).toEqual(first);
        expect(everything({ ...input, commits, pullRequests })).toEqual(first);
      }),
      { numRuns: 500 },
    );
  });

  it('render the same after their document lay in a database, which orders keys as it likes', () => {
    const reordered = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reordered);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, reordered(inner)]),
      );
    };
    fc.assert(
      fc.property(history, distinctPulls, (commits, pullRequests) => {
        const document = compose(commits, pullRequests);
        // The same shape: only the order of its keys is another.
        const stored = reordered(document) as typeof document;

        expect(renderNotesJson(applyEdits(stored, noEdits))).toBe(renderNotesJson(applyEdits(document, noEdits)));
        expect(renderNotesMarkdown(applyEdits(stored, noEdits))).toBe(renderNotesMarkdown(applyEdits(document, noEdits)));
      }),
      { numRuns: 100 },
    );
  });

  it('leave their input as it was', () => {
    fc.assert(
      fc.property(history, distinctPulls, (commits, pullRequests) => {
        const before = JSON.stringify([commits, pullRequests]);
        compose(commits, pullRequests);

        expect(JSON.stringify([commits, pullRequests])).toBe(before);
      }),
      { numRuns: 50 },
    );
  });
});

describe('edits of people', () => {
  const edited = fc.record({
    text: fc.option(fc.constantFrom('Written by hand', '<b>bold</b>'), { nil: undefined }),
    hidden: fc.boolean(),
    section: fc.option(fc.constantFrom(...noteSections), { nil: undefined }),
  });

  it('survive every later composition: each counts, or is shown as stale where its item is gone', () => {
    const given = fc.tuple(history, distinctPulls, fc.nat(), fc.infiniteStream(edited));
    fc.assert(
      fc.property(given, ([commits, pullRequests, cut, stream]) => {
        const early = compose(commits.slice(0, cut % (commits.length + 1)), pullRequests);
        const edits = {
          ...noEdits,
          items: itemsOf(early).map(({ id, text: was }) => {
            const { text, hidden, section } = stream.next().value ?? { hidden: false };
            return { itemId: id, was, hidden, ...(text === undefined ? {} : { text }), ...(section === undefined ? {} : { section }) };
          }),
        };
        const later = compose(commits, pullRequests);

        const notes = applyEdits(later, edits);

        const stale = new Set(notes.stale);
        for (const edit of edits.items) {
          const item = itemsOf(later).find(({ id }) => id === edit.itemId);
          if (item === undefined || stale.has(edit)) continue;
          const shown = itemsOf(notes).find(({ id }) => id === edit.itemId);
          expect(shown === undefined).toBe(edit.hidden);
          if (shown !== undefined) expect(shown).toMatchObject({ section: edit.section ?? item.section, text: edit.text ?? item.text });
        }
        const present = new Set(itemsOf(later).map(({ id }) => id));
        expect(notes.stale.filter(({ itemId }) => present.has(itemId))).toEqual([]);
        expect(itemsOf(notes).length + notes.hidden.length).toBe(itemsOf(later).length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('any text', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('<script>alert(1)</script>', '"><img src=x onerror=y>', "javascript:'", '\ud800', '](x)', '&lt;', '\u2028# x'),
  );
  const strange = fc.record({
    commits: fc.array(
      fc.record({
        sha: fc.oneof(anything, fc.nat(5).map(shaOf)),
        ...{ message: anything, authorName: fc.option(anything), authorLogin: fc.option(anything), url: fc.option(anything) },
        parents: fc.array(anything, { maxLength: 2 }),
      }),
      { maxLength: 5 },
    ),
    pullRequests: fc.array(
      fc.record({
        number: fc.nat(3),
        ...{ title: anything, labels: fc.array(anything, { maxLength: 2 }), author: fc.option(anything), headBranch: anything },
        ...{ mergedAt: fc.option(anything), mergeCommit: fc.option(anything), url: anything },
        commits: fc.array(fc.nat(5).map(shaOf), { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
    text: anything,
  });

  it('throws nothing, is no markup in HTML, and is JSON that every database takes', () => {
    fc.assert(
      fc.property(strange, ({ commits, pullRequests, text }) => {
        const input = { base: 'v1', head: 'v2', commits, pullRequests, ticketPrefixes: ['APP'], remarks: [] };
        const [first] = itemsOf(composeNotes(input));
        const edits = { preface: text, appendix: text, items: first === undefined ? [] : [{ itemId: first.id, text, was: '' }] };

        const [markdown = '', html = '', json = '', , play = '', apple = ''] = everything(input, edits);

        const own = /<\/?(?:h2|ul|li|p|em|strong)>|<a href="[^"<>]*" rel="noopener noreferrer">|<\/a>/g;
        expect(html.replaceAll(own, '')).not.toMatch(/[<>"']/);
        expect(html.match(/href="(?!https?:)/gi)).toBeNull();
        expect(html.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
        expect(markdown.replaceAll(/\\[<>]/g, '')).not.toMatch(/[<>]/);
        const items = composeNotes(input).sections.flatMap((section) => section.items);
        for (const words of items.flatMap((item) => [item.text, item.scope ?? '', ...item.authors]))
          expect(words).not.toMatch(/\p{Cs}|\p{Cc}/u);
        expect(() => JSON.parse(json)).not.toThrow();
        expect(play.length).toBeLessThanOrEqual(500);
        expect(apple.length).toBeLessThanOrEqual(4000);
      }),
      { numRuns: 1_000 },
    );
  });
});

it('are written in time that grows with the number of commits: ten thousand in one line of history', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ sha: (0x1000000 + index).toString(16).padEnd(40, '0'), message: `wip (#${index % 3})`, authorName: 'Ada', url: null },
    parents: index === 0 ? [] : [(0x1000000 + index - 1).toString(16).padEnd(40, '0')],
  }));
  // Of the processor, not of the clock: what else keeps the machine busy says nothing.
  const before = process.cpuUsage();

  expect(itemsOf(compose(many))).toHaveLength(3);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(5_000);
});
