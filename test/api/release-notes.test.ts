import { ulid } from 'ulid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { notesOfRelease } from '../../src/services/store-notes/store-notes-view.ts';
import { type NotedRelease, type NotesWorld, openNotes } from './notes-world.ts';
import { historyOf } from './repository-world.ts';

/** Notes of releases: composed as the tasks do it, edited and read through the API. */

let notes: NotesWorld;
beforeAll(async () => {
  notes = await openNotes();
});
afterEach(() => notes.mend());
afterAll(() => notes?.close());

const get = async (release: NotedRelease, rest = '') => (await notes.world.call('GET', `/${release.id}/notes${rest}`)).body;
const edit = (release: NotedRelease, noteId: string, body: unknown, token?: string) =>
  notes.world.call('PUT', `/${release.id}/notes/${noteId}`, { body, ...(token === undefined ? {} : { token }) });
const page = (release: NotedRelease, query: string) => notes.world.call('GET', `/${release.id}/notes?${query}`);
const rowOf = async (id: string) => (await notes.api.db.rows('SELECT * FROM release_notes WHERE id = ?', [id]))[0];

interface Item {
  id: string;
  text: string;
}
const itemsOf = (detail: { document: { sections: { items: Item[] }[] } }) => detail.document.sections.flatMap(({ items }) => items);
const itemId = (detail: Parameters<typeof itemsOf>[0], text: string) => itemsOf(detail).find((item) => item.text === text)?.id ?? '';

/** A release with two changes on its branch and the notes of its first candidate. */
async function composed() {
  const release = await notes.released();
  notes.push(release.branch, 'feat(cart): keep the cart');
  const fix = notes.push(release.branch, 'fix: no crash');
  const { id } = await notes.compose(release, 1);
  return { release, id, fix, detail: await get(release, `/${id}`) };
}

const none = { preface: null, appendix: null, edits: [] };

describe('composing', () => {
  it('tells pull requests by title, labels and tickets; asked for by commit where the list does not say', async () => {
    const { world, api, repository, push } = notes;
    const platforms = JSON.stringify([{ platform: 'WEB', project: 'APP' }]);
    await api.db.run('UPDATE project_management_configs SET platforms = ? WHERE id = ?', [platforms, world.ids.tracker]);
    const release = await notes.released();
    const topic = `feature/app-7-${release.id}`;
    repository.git.branches.set(topic, notes.headOf(release.branch));
    push(topic, 'wip');
    push(topic, 'more wip');
    const pull = repository.addPull({ title: 'Search by date', head: topic, base: release.branch, labels: ['enhancement'] });
    repository.mergePull(pull.number, `Merge pull request #${pull.number} from acme/${topic}`);
    const skipped = `skip-${release.id}`;
    repository.git.branches.set(skipped, notes.headOf(release.branch));
    push(skipped, 'nobody needs to know');
    repository.mergePull(repository.addPull({ title: 'Hush', head: skipped, base: release.branch, labels: ['skip-changelog'] }).number);
    push(release.branch, 'fix: straight onto the branch');

    const { id } = await notes.compose(release, 1);

    const detail = await get(release, `/${id}`);
    expect(detail.document.sections).toMatchObject([
      {
        section: 'features',
        items: [{ text: 'Search by date', tickets: ['APP-7'], pullRequests: [{ number: pull.number }], commits: [{}, {}] }],
      },
      { section: 'fixes', items: [{ text: 'straight onto the branch', pullRequests: [] }] },
    ]);
    expect(detail.document.remarks).toEqual([]);
  });

  it('is not carried on by the pull request that brings the release branch back', async () => {
    const { repository, push } = notes;
    const release = await notes.released();
    push(release.branch, 'feat: one');
    push(release.branch, 'feat: two');
    repository.mergePull(repository.addPull({ title: 'Merge back', head: release.branch, base: 'main' }).number);

    const { markdown } = await notes.compose(release, 1);

    expect(markdown).toContain('one');
    expect(markdown).not.toContain('Merge back');
  });

  it('waits for a provider that cannot be asked, and writes nothing meanwhile', async () => {
    const release = await notes.released();
    notes.push(release.branch, 'fix: it');
    notes.github.failNext({ match: { method: 'GET', path: /\/commits\/[0-9a-f]+\/pulls/ }, status: 503 });

    await expect(notes.compose(release, 1)).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await get(release)).items).toEqual([]);

    await notes.mend();
    expect((await notes.compose(release, 1)).commits).toBe(1);
  });

  it('again gives the same to the byte, and is no new version', async () => {
    const { release, id } = await composed();
    const before = await rowOf(id);

    const again = await notes.compose(release, 1);

    expect(again.id).toBe(id);
    expect(await rowOf(id)).toEqual(before);
  });

  it('again with other words is a new version, so that nobody edits what they have not seen', async () => {
    const { release, id, detail } = await composed();
    await notes.compose(release, 1, notes.headOf(release.branch));

    expect(await get(release, `/${id}`)).toMatchObject({ version: detail.version + 1, markdown: 'No changes.\n' });
    expect((await edit(release, id, { ...none, version: detail.version, preface: 'x' })).status).toBe(409);
  });
});

describe('edits', () => {
  it('change what people read, are told in full, and are in the history with who made them', async () => {
    const { release, id, detail } = await composed();
    const [cart, crash] = [itemId(detail, 'keep the cart'), itemId(detail, 'no crash')];
    const manager = await notes.world.person('release-manager');

    const answer = await edit(
      release,
      id,
      {
        ...{ version: detail.version, preface: ' The *big* one ', appendix: '' },
        edits: [
          { itemId: cart, text: 'Your cart stays', section: 'fixes' },
          { itemId: crash, hidden: true },
        ],
      },
      manager.token,
    );

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ version: detail.version + 1, preface: 'The *big* one', appendix: null, hidden: [{ id: crash }] },
      edits: [
        { itemId: cart, text: 'Your cart stays', hidden: false, section: 'fixes', was: 'cart: keep the cart', stale: false },
        { itemId: crash, text: null, hidden: true, section: null, was: 'no crash', stale: false },
      ],
      document: { sections: [{ section: 'fixes', items: [{ text: 'Your cart stays', scope: null }] }] },
    });
    expect(answer.body.markdown).toMatch(/^The \\\*big\\\* one\n\n## Fixes\n\n- Your cart stays \(/);
    expect(await get(release, `/${id}`)).toEqual(answer.body);
    expect((await get(release)).items).toMatchObject([{ id, markdown: answer.body.markdown, edits: { count: 2, stale: 0 } }]);
    expect(await historyOf(notes.world, release.id, 'preface')).toMatchObject([
      {
        ...{ entityType: 'notes', entityId: id, by: { accountId: manager.accountId } },
        items: [
          { field: 'preface', before: null, after: 'The *big* one' },
          { field: `item/${cart}`, before: null, after: '"cart: keep the cart", under fixes, reads "Your cart stays"' },
          { field: `item/${crash}`, before: null, after: '"no crash", hidden' },
        ],
      },
    ]);
  });

  it('survive a retry, a later candidate and the final notes; one whose commit was reverted is kept as stale', async () => {
    const { release, id, fix, detail } = await composed();
    const edits = [
      { itemId: itemId(detail, 'keep the cart'), text: 'Your cart stays' },
      { itemId: itemId(detail, 'no crash'), text: 'It holds' },
    ];
    const { body: edited } = await edit(release, id, { ...none, version: detail.version, preface: 'Of the first', edits });

    const retried = await notes.compose(release, 1);
    notes.push(release.branch, `Revert "fix: no crash"\n\nThis reverts commit ${fix}.`);
    const second = await notes.compose(release, 2, `rc.1-${release.id}`);
    const final = await notes.compose(release, 0);

    expect(retried.markdown).toBe(edited.markdown);
    expect((await get(release, `/${id}`)).version).toBe(edited.version);
    expect(await get(release, `/${second.id}`)).toMatchObject({ preface: null, edits: [] });
    expect(final.markdown).toContain('Your cart stays');
    expect(final.text).toBe('Features\n• Your cart stays');
    expect(await get(release, `/${final.id}`)).toMatchObject({
      preface: null,
      edits: [
        { text: 'Your cart stays', stale: false },
        { text: 'It holds', was: 'no crash', stale: true },
      ],
    });
    expect((await get(release)).items.map((item: { edits: unknown }) => item.edits)).toEqual([
      ...[
        { count: 2, stale: 0 },
        { count: 0, stale: 0 },
        { count: 2, stale: 1 },
      ],
    ]);
  });

  it('that are stale can be kept, changed and taken back like others', async () => {
    const { release, id, fix, detail } = await composed();
    const crash = itemId(detail, 'no crash');
    await edit(release, id, { ...none, version: detail.version, edits: [{ itemId: crash, text: 'It holds' }] });
    notes.push(release.branch, `Revert "fix: no crash"\n\nThis reverts commit ${fix}.`);
    const final = await notes.compose(release, 0);
    const { version } = await get(release, `/${final.id}`);

    const kept = await edit(release, final.id, { ...none, version, edits: [{ itemId: crash, hidden: true }] });
    const taken = await edit(release, final.id, { ...none, version: version + 1 });
    const again = await edit(release, final.id, { ...none, version: version + 2, edits: [{ itemId: crash, hidden: true }] });

    expect(kept.body.edits).toEqual([{ itemId: crash, text: null, hidden: true, section: null, was: 'no crash', stale: true }]);
    expect([taken.status, taken.body.edits, again.status]).toEqual([200, [], 422]);
  });

  it('that are taken back stay so when the notes are composed again', async () => {
    const { release, id, detail } = await composed();
    const kept = { itemId: itemId(detail, 'no crash'), hidden: true };
    await edit(release, id, { ...none, version: detail.version, edits: [kept] });
    const final = await notes.compose(release, 0);
    const { version } = await get(release, `/${final.id}`);

    const taken = await edit(release, final.id, { ...none, version });

    expect(taken.body.edits).toEqual([]);
    expect((await notes.compose(release, 0)).markdown).toContain('no crash');
  });

  it('of what another person changed meanwhile are refused; of two at once one wins', async () => {
    const { release, id, detail } = await composed();
    const write = (preface: string) => edit(release, id, { ...none, version: detail.version, preface });

    const answers = await Promise.all([write('a'), write('b'), write('c')]);

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect((await get(release, `/${id}`)).version).toBe(detail.version + 1);
  });

  it('that change nothing are no new version and no history', async () => {
    const { release, id, detail } = await composed();

    const answer = await edit(release, id, { ...none, version: detail.version, preface: '  ' });

    expect([answer.status, answer.body.version]).toEqual([200, detail.version]);
    expect(await historyOf(notes.world, release.id, 'preface')).toEqual([]);
  });

  it('name every wrong field: items that are not there or are edited twice, edits that say nothing, text that is too long', async () => {
    const { release, id, detail } = await composed();
    const [item] = itemsOf(detail);
    const put = async (edits: unknown[], more = {}) =>
      (await edit(release, id, { ...none, version: detail.version, ...more, edits })).body.errors?.map(
        ({ field }: { field: string }) => field,
      );

    expect(await put([{ itemId: '0'.repeat(16), text: 'x' }])).toEqual(['/edits/0/itemId']);
    expect(
      await put([
        { itemId: item?.id, hidden: true },
        { itemId: item?.id, text: 'x' },
      ]),
    ).toEqual(['/edits/1/itemId']);
    expect(await put([{ itemId: item?.id }, { itemId: item?.id, hidden: false }])).toEqual(['/edits/0', '/edits/1']);
    expect(
      await put([
        { itemId: item?.id, text: ' ' },
        { itemId: 'x', section: 'nowhere' },
      ]),
    ).toEqual([...['/edits/0/text', '/edits/1/itemId', '/edits/1/section']]);
    expect(await put([], { preface: 'x'.repeat(4_001), version: 0 })).toEqual(['/version', '/preface']);
    expect((await get(release, `/${id}`)).version).toBe(detail.version);
  });

  it('are made by those who may change releases, of this tenant, before the release has ended', async () => {
    const { release, id, detail } = await composed();
    const [viewer, other, another] = [await notes.world.person('viewer'), await notes.api.tenant('Other'), await notes.released()];
    const body = { ...none, version: detail.version, preface: 'x' };
    const theirs = notes.world.path(`/${release.id}/notes/${id}`).replace(notes.world.tenantId, other.tenantId);

    const refused = [
      (await edit(release, id, body, viewer.token)).status,
      (await notes.world.call('POST', `/${release.id}/notes/${id}/publish`, { token: viewer.token })).status,
      (await notes.api.request('PUT', theirs, { token: other.token, body })).status,
      (await notes.api.request('GET', theirs, { token: other.token })).status,
      (await edit(another, id, body)).status,
      (await edit(release, ulid(), body)).status,
    ];
    await notes.world.call('POST', `/${release.id}/archive`, { body: { reason: 'x' } });

    expect(refused).toEqual([403, 403, 404, 404, 404, 404]);
    expect((await edit(release, id, body)).status).toBe(409);
    expect((await notes.world.call('GET', `/${release.id}/notes/${id}`, { token: viewer.token })).body.preface).toBeNull();
  });
});

describe('pages', () => {
  it('are the final notes, or those of the latest candidate before, or of the one named, in every format', async () => {
    const { release } = await composed();
    notes.push(release.branch, 'fix: <second>');
    await notes.compose(release, 2, `rc.1-${release.id}`);
    const latest = await page(release, 'format=markdown');
    const first = await page(release, 'format=markdown&cycle=1');
    await notes.compose(release, 0);

    const [markdown, html, json, play] = [
      await page(release, 'format=markdown'),
      await page(release, 'format=html'),
      await page(release, 'format=json'),
      await page(release, 'format=store&target=PLAY_STORE'),
    ];

    expect(latest.text).toMatch(/^## Fixes\n\n- \\<second\\> \(.*\n$/);
    expect(first.text).toMatch(/^## Features\n\n- \*\*cart:\*\* keep the cart .*\n\n## Fixes\n\n- no crash .*\n$/);
    expect(markdown.text).toContain('no crash');
    expect(html.text).toContain('<li>&lt;second&gt; (');
    expect(json.body).toMatchObject({ version: 1, sections: [{ section: 'features' }, { section: 'fixes' }] });
    expect(play.text).toBe('Features\n• cart: keep the cart\n\nFixes\n• <second>\n• no crash');
    expect([markdown, html, json, play].map(({ headers }) => headers.get('content-type'))).toEqual([
      ...['text/markdown; charset=utf-8', 'text/html; charset=utf-8', 'application/json', 'text/plain; charset=utf-8'],
    ]);
    expect(html.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  });

  it('are 404 while there are none, and 422 for a store that nobody named', async () => {
    const release = await notes.released();
    const { release: other } = await composed();

    const answers = [
      ...[await page(release, 'format=html'), await page(other, 'format=markdown&cycle=7')],
      ...[await page(other, 'format=store'), await page(other, 'format=pdf'), await page(other, 'format=store&target=WEB')],
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 422, 422, 422]);
    expect(answers[2]?.body.errors).toEqual([{ field: '?target', message: expect.any(String) }]);
  });

  it('of notes whose parts were not kept are their Markdown and nothing else; they cannot be edited', async () => {
    const release = await notes.released();
    const id = ulid();
    await notes.api.db.run('INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES (?)', [
      [id, notes.world.tenantId, release.id, 'cycle', 1, 'a', 'b', '# Old'],
    ]);

    expect((await page(release, 'format=markdown')).text).toBe('# Old');
    expect((await page(release, 'format=html')).status).toBe(409);
    expect(await get(release, `/${id}`)).toMatchObject({ document: null, markdown: '# Old', edits: [], hidden: [] });
    expect((await edit(release, id, { ...none, version: 1, preface: 'x' })).status).toBe(409);
  });
});

describe('publishing', () => {
  const publish = (release: NotedRelease, id: string) => notes.world.call('POST', `/${release.id}/notes/${id}/publish`);

  it('brings the release object in line with the edited notes, once, and keeps its name', async () => {
    const { release } = await composed();
    const { id } = await notes.compose(release, 0);
    const object = () => notes.repository.releases.find(({ tagName }) => tagName === `final-${release.id}`);
    await publish(release, id);
    const created = object()?.body;
    Object.assign(object() ?? {}, { name: '1.4 "Cart"' });
    const { version } = await get(release, `/${id}`);
    const { body: edited } = await edit(release, id, { ...none, version, preface: 'Read me' });

    const answers = [await publish(release, id), await publish(release, id)];

    expect(created).not.toContain('Read me');
    expect(answers.map(({ status, body }) => [status, body.version])).toEqual([
      [200, edited.version],
      [200, edited.version],
    ]);
    expect(object()).toMatchObject({ name: '1.4 "Cart"', body: edited.markdown });
    expect(await historyOf(notes.world, release.id, 'notesPublished')).toHaveLength(2);
  });

  it('is for the final notes, and passes on what the provider has against it', async () => {
    const { release, id } = await composed();
    const final = await notes.compose(release, 0);
    notes.github.failNext({ match: { method: 'GET', path: /\/releases\/tags\// }, status: 503 });

    expect((await publish(release, id)).status).toBe(409);
    expect((await publish(release, final.id)).status).toBe(503);
    expect(await historyOf(notes.world, release.id, 'notesPublished')).toEqual([]);
  });
});

it('gives the stores the notes as people changed them', async () => {
  const { release, id, detail } = await composed();
  await edit(release, id, { ...none, version: detail.version, edits: [{ itemId: itemId(detail, 'no crash'), text: 'It holds' }] });
  const [run] = await notes.api.db.rows<{ runId: string }>('SELECT run_id AS runId FROM releases WHERE id = ?', [release.id]);
  const place = { tenantId: notes.world.tenantId, id: release.id, runId: run?.runId ?? '' };
  await notes.api.db.run(
    `INSERT INTO tasks (id, tenant_id, run_id, stage_id, stage_attempt, task_key, type, queue, status, max_attempts, deadline_ms, on_deadline, output)
     SELECT ?, tenant_id, run_id, id, attempt, 'NOTES', 'CREATE_RELEASE_NOTES', 'kickoff', 'COMPLETED', 5, 1000, 'fail', ?
     FROM stages WHERE run_id = ? LIMIT 1`,
    [ulid(), JSON.stringify({ text: 'as composed', notesId: id }), place.runId],
  );

  expect((await notesOfRelease(notes.api.db, place)).generated).toBe('Features\n• cart: keep the cart\n\nFixes\n• It holds');
});
